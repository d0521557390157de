from django.contrib import messages
from django.shortcuts import redirect, render

from city import parts
from config.endpoint import endpoint


@endpoint(["GET"])
def home(request):
    """Sends each role to the page its day opens on, with what it should see to first."""
    start = parts.start_for(request.posting)
    for warning in parts.warnings_for(request.posting):
        messages.warning(request, warning)
    return redirect(start) if start else render(request, "city/home.html")
