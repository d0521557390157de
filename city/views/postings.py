from django.http import Http404
from django.shortcuts import redirect

from city.middleware import CHOSEN_POSTING
from city.trail import record_event
from config.endpoint import endpoint


@endpoint(methods=["POST"])
def switch_posting(request):
    """Choose among one's own postings in force; the start page follows, since the old page may be out of area."""
    chosen = request.POST.get("posting", "")
    if chosen not in {str(posting.pk) for posting in request.postings}:
        raise Http404
    record_event("switch_posting", request=request, key=chosen)
    request.session[CHOSEN_POSTING] = int(chosen)
    return redirect("city:home")
