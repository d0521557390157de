"""The header of every view: its methods, its permission, and the scoped lookup of what its address names."""

from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed

from config.limits import too_often


def may(request, permission):
    posting = getattr(request, "posting", None)
    return permission is None or (posting is not None and posting.may(permission))


def endpoint(methods, permission=None, *, lookup=None, public=False, pace=None):
    """
    `lookup(request, **ids)` returns the objects the view is called with in place of the ids. It runs first: what is
    outside the user's area is 404 even for somebody without the right, so that a refusal never tells what exists.
    `pace` names the line of `settings.PACES` that says how often one posting may do this.
    """
    allowed = (*methods, "HEAD") if "GET" in methods and "HEAD" not in methods else tuple(methods)

    def decorate(view):
        @wraps(view)
        def wrapper(request, *args, **ids):
            found = lookup(request, **ids) if lookup else ids
            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            if not may(request, permission):
                raise PermissionDenied
            if pace and (refusal := too_often(request, pace)):
                return refusal
            return view(request, *args, **found)

        wrapper.methods = allowed
        wrapper.permission = permission
        wrapper.public = public
        wrapper.pace = pace
        return login_not_required(wrapper) if public else wrapper

    return decorate
