"""A form sent twice works once: its hidden key is stored in the transaction of what it did."""

import hashlib
import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone

from city.models import IdempotencyKey

FIELD = "idempotency_key"
_MACHINERY = {FIELD, "csrfmiddlewaretoken"}


class SentTwice(Exception):
    """The same form was sent at the same moment and won; its answer is the answer. The middleware redirects there."""

    def __init__(self, answer):
        super().__init__(answer)
        self.answer = answer


class SentOtherwise(Exception):
    """The form was sent before with other contents: neither may pass for the other. The middleware answers 422."""


def _key_of(request):
    try:
        return uuid.UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None


def _used(request):
    key = _key_of(request)
    if key is None:
        return None
    return IdempotencyKey.objects.filter(posting=request.posting, key=key).first()


def was_sent(request):
    """Whether a form with this key did its work already, whatever it held."""
    return _used(request) is not None


def once(request):
    """Where the first send of this form was answered to, or None when this is the first.

    Raises SentOtherwise when the first held something else.
    """
    used = _used(request)
    if used is None:
        return None
    if used.body_sha256 and used.body_sha256 != _digest(request):
        raise SentOtherwise
    return used.answer


def remember(request, answer):
    """Call it inside the transaction of the work. Raises SentTwice, which undoes it, when the other was quicker."""
    key = _key_of(request)
    if key is None:
        return
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(
                posting=request.posting, key=key, answer=answer, body_sha256=_digest(request)
            )
    except IntegrityError:
        raise SentTwice(once(request)) from None


def forget(*, older_than):
    IdempotencyKey.objects.filter(used_at__lt=timezone.now() - older_than).delete()


def _digest(request):
    """Of the address and all the form held, files by their contents."""
    digest = hashlib.sha256(request.path.encode())
    fields = [(name, values) for name, values in sorted(request.POST.lists()) if name not in _MACHINERY]
    digest.update(repr(fields).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            digest.update(repr((name, file.name, file.size)).encode())
            file.seek(0)
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.hexdigest()
