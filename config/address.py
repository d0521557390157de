from django.conf import settings


def client_address(request):
    """The peer's address; behind our own proxy, the one it appended last, since the rest is the client's word."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.BEHIND_PROXY and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()
    return request.META.get("REMOTE_ADDR", "")
