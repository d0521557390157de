from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from city.forms import OwnPasswordForm
from city.middleware import MUST_CHOOSE
from city.services import passwords
from config.endpoint import endpoint


@endpoint(["GET"])
def password(request):
    """Everybody changes the own password here; who was given one comes here before anything else."""
    return _page(request, OwnPasswordForm(request.user))


@endpoint(["POST"], pace="password")
def change_password(request):
    """This session goes on, every other one of the account ends."""
    form = OwnPasswordForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    passwords.choose(request.user, form.cleaned_data["new_password1"], request=request)
    update_session_auth_hash(request, request.user)
    request.session.pop(MUST_CHOOSE, None)
    messages.success(
        request, _("Your password is changed. Whoever else was signed in with this account is signed out.")
    )
    return redirect("city:home")


def _page(request, form, status=HTTPStatus.OK):
    context = {"form": form, "was_given": request.session.get(MUST_CHOOSE, False)}
    return render(request, "city/password.html", context, status=status)
