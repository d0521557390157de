import logging
from http import HTTPStatus
from math import ceil

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.views.defaults import bad_request
from redis.exceptions import RedisError

from config.address import client_address
from config.rates import take_turn

logger = logging.getLogger(__name__)


def too_large():
    response = HttpResponse(render_to_string("413.html"), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    add_never_cache_headers(response)
    return response


def refuse_oversized(get_response):
    """Answers before a byte of the body is read, so that a gigabyte sent to any page costs nothing."""

    def middleware(request):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.REQUEST_MAX_BYTES:
            return too_large()
        return get_response(request)

    return middleware


def refuse_nul(get_response):
    """PostgreSQL stores no NUL: no address of ours holds one, and one in a parameter is no character of the search."""

    def middleware(request):
        if "\0" in request.path:
            raise Http404
        request.META["QUERY_STRING"] = request.META.get("QUERY_STRING", "").replace("%00", "")
        return get_response(request)

    return middleware


def too_often(request, pace):
    """The refusal (429) when this posting, or this address, did it more often than `settings.PACES` allows; else None.

    With the counter away everything goes on: it is a brake, the record of who did what is the trail.
    """
    limit, seconds = settings.PACES[pace]
    posting = getattr(request, "posting", None)
    who = ("posting", posting.pk) if posting is not None else ("address", client_address(request))
    try:
        if take_turn(pace, *who, limit=limit, seconds=seconds):
            return None
    except RedisError:
        logger.warning("turns are not counted pace=%s", pace)
        return None
    response = render(request, "429.html", {"wait_minutes": ceil(seconds / 60)}, status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = seconds
    return response


def unreadable_request(request, exception):
    """Django counts a form that is too large among the bad requests; the sender should hear which it was."""
    return too_large() if isinstance(exception, RequestDataTooBig) else bad_request(request, exception)
