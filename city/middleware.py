import uuid
from http import HTTPStatus

from django.shortcuts import redirect, render
from django.utils import timezone

from city.idempotency import SentOtherwise, SentTwice
from city.models import Posting
from city.trail import record_event

CHOSEN_POSTING = "posting"
MUST_CHOOSE = "must_choose_a_password"
_ALWAYS_OPEN = {"logout", "city:password", "city:change_password"}
_REFUSALS = {HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}


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
        if response.status_code in _REFUSALS and request.user.is_authenticated:
            details = {"method": request.method, "path": request.path, "status": response.status_code}
            record_event("refused", request=request, details=details)
        return response

    def process_view(self, request, view, args, kwargs):
        """Whoever holds no posting today can only sign out, whoever was given a password first chooses the own one."""
        free = getattr(view, "public", False) or request.resolver_match.view_name in _ALWAYS_OPEN
        if free or not request.user.is_authenticated:
            return None
        if request.session.get(MUST_CHOOSE):
            return redirect("city:password")
        if request.posting is None:
            return render(request, "city/no_posting.html", status=HTTPStatus.FORBIDDEN)
        return None

    def process_exception(self, request, exception):
        """The other send of the same form was quicker: answer like it did, unless it held something else."""
        if isinstance(exception, SentTwice):
            return redirect(exception.answer)
        if isinstance(exception, SentOtherwise):
            return render(request, "city/sent_otherwise.html", status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return None
