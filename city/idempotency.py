"""A form sent twice works once: its hidden key is stored in the transaction of what it did."""

import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone

from city.models import IdempotencyKey

FIELD = "idempotency_key"


class SentTwice(Exception):
    """The same form was sent at the same moment and won; its answer is the answer. The middleware redirects there."""

    def __init__(self, answer):
        super().__init__(answer)
        self.answer = answer


def _key_of(request):
    try:
        return uuid.UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None


def once(request):
    """Where the first send of this form was answered to, or None when this is the first."""
    key = _key_of(request)
    keys = IdempotencyKey.objects.filter(posting=request.posting, key=key) if key else IdempotencyKey.objects.none()
    return keys.values_list("answer", flat=True).first()


def remember(request, answer):
    """Call it inside the transaction of the work. Raises SentTwice, which undoes it, when the other was quicker."""
    key = _key_of(request)
    if key is None:
        return
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(posting=request.posting, key=key, answer=answer)
    except IntegrityError:
        raise SentTwice(once(request)) from None


def forget(*, older_than):
    IdempotencyKey.objects.filter(used_at__lt=timezone.now() - older_than).delete()
