from django.utils.translation import get_language

from city import navigation


def frame(request):
    """What the frame of every page shows; costs no query, the middleware has loaded the postings."""
    posting = getattr(request, "posting", None)
    postings = getattr(request, "postings", [])
    match = getattr(request, "resolver_match", None)
    return {
        "posting": posting,
        "postings": postings,
        "other_postings": [other for other in postings if other != posting],
        "navigation": navigation.entries_for(posting, here=match.view_name if match else ""),
        "language": get_language(),
    }
