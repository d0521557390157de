from io import BytesIO

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404

from city import files
from city.models import StoredFile
from city.trail import record_event
from config.endpoint import endpoint


def own_file(request, stored_as):
    if request.posting is None:
        raise Http404
    return {"stored": get_object_or_404(StoredFile.objects.visible_to(request.posting), stored_as=stored_as)}


@endpoint(methods=["GET"], lookup=own_file)
def download_file(request, stored):
    """Always an attachment: a browser must not open here what somebody uploaded."""
    try:
        content = files.read(stored)
    except files.FileGone:
        raise Http404 from None
    if request.method == "GET":
        record_event(
            "download", request=request, key=stored.pk, details={"sha256": stored.sha256, "size": stored.size}
        )
    return FileResponse(BytesIO(content), as_attachment=True, filename=stored.name, content_type=stored.content_type)
