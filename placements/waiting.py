"""Who waits for a public-welfare post."""

from django.db.models import Exists, OuterRef

from households.models import HardshipCertification, LedgerSpan
from placements.models import Post


def waiting(area, day):
    """Hardship persons of the area without work and without a post, as spans: those a proposal looks after."""
    certified = HardshipCertification.objects.in_force_on(day).filter(resident=OuterRef("resident"))
    held = Post.objects.filter(holder=OuterRef("resident"))
    spans = LedgerSpan.objects.in_force_on(day).unemployed_on(day).within(area)
    return spans.filter(Exists(certified)).exclude(Exists(held))
