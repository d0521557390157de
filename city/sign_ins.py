"""Sign-ins, sign-outs and failures go to the trail. What was typed as a name stays out: it may be a password."""

from city.middleware import MUST_CHOOSE
from city.models import Staff
from city.services import passwords
from city.trail import record_event


def signed_in(sender, request, user, **kwargs):
    record_event("sign_in", staff=user, request=request, key=user.pk)
    if passwords.is_given(user):
        request.session[MUST_CHOOSE] = True


def signed_out(sender, request, user, **kwargs):
    if user is not None:
        record_event("sign_out", staff=user, request=request, key=user.pk)


def failed(sender, credentials, request=None, **kwargs):
    tried = Staff.objects.filter(number=credentials.get("username") or "").values_list("pk", flat=True).first()
    record_event("sign_in_failed", request=request, key=tried or "", details={"known": tried is not None})
