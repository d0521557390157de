from http import HTTPStatus

from django.shortcuts import render


class Conflict(Exception):
    """The item was decided or changed meanwhile. Says who did it and when, so that the reader need not ask."""

    def __init__(self, message, *, by=None, at=None):
        super().__init__(message)
        self.message, self.by, self.at = message, by, at


class ConflictMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, Conflict):
            return None
        return render(request, "409.html", {"conflict": exception}, status=HTTPStatus.CONFLICT)
