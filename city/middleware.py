import uuid
from http import HTTPStatus

from django.shortcuts import redirect, render
from django.utils import timezone

from city.idempotency import SentTwice
from city.models import Posting
from city.trail import record_event

CHOSEN_POSTING = "posting"


def _postings_of(user):
    if not user.is_authenticated:
        return []
    in_force = Posting.objects.in_force_on(timezone.localdate()).filter(staff=user)
    return list(in_force.select_related("area", "grid").order_by("pk"))


class PostingMiddleware:
    """Everybody acts under one posting in force today: the one chosen in the session, else the first."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.request_id = uuid.uuid4().hex
        request.postings = _postings_of(request.user)
        chosen = request.session.get(CHOSEN_POSTING) if request.postings else None
        request.posting = next(
            (posting for posting in request.postings if posting.pk == chosen), next(iter(request.postings), None)
        )
        for posting in request.postings:
            posting.staff = request.user
        response = self.get_response(request)
        response["X-Request-ID"] = request.request_id
        if response.status_code == HTTPStatus.FORBIDDEN and request.user.is_authenticated:
            record_event("refused", request=request, details={"method": request.method, "path": request.path})
        return response

    def process_view(self, request, view, args, kwargs):
        """Whoever is signed in and holds no posting today can only sign out."""
        free = getattr(view, "public", False) or request.resolver_match.view_name == "logout"
        if request.posting is None and request.user.is_authenticated and not free:
            return render(request, "city/no_posting.html", status=HTTPStatus.FORBIDDEN)
        return None

    def process_exception(self, request, exception):
        """The other send of the same form was quicker: answer like it did."""
        return redirect(exception.answer) if isinstance(exception, SentTwice) else None
