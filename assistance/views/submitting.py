"""How a form of a page that has many is answered."""

from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from city.idempotency import once, remember
from city.moves import StepRefused


def submit(request, form, *, work, page, back, ready=True):
    """Do `work(values)` and go `back`, an address or what tells it then; a refusal shows the `page()` again.

    `ready` False: another form sent with it is not valid. The same form sent twice is answered like the first.
    """
    answered = once(request)
    if answered:
        return redirect(answered)
    if form.is_valid() and ready:
        try:
            with transaction.atomic():
                work(form.cleaned_data)
                back = back() if callable(back) else back
                remember(request, back)
        except StepRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        else:
            messages.success(request, _("Saved."))
            return redirect(back)
    answer = page()
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer
