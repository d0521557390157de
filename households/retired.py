"""The retired residents: past their retirement date, or retired earlier by what was said."""

from django.db.models import OuterRef, Q, Subquery

from households.choices import InactiveReason
from households.models import LabourSpell, Membership


def retired_on(residents, day):
    """Those of the residents who live in the city on the day; `last_…` tell of their last spell."""
    own = {"resident": OuterRef("pk"), "started_on__lte": day}
    spells = LabourSpell.objects.filter(**own).order_by("-started_on")
    stays = Membership.objects.filter(**own).order_by("-started_on")
    residents = residents.annotate(
        last_reason=Subquery(spells.values("inactive_reason")[:1]),
        last_since=Subquery(spells.values("started_on")[:1]),
        home=Subquery(stays.values("household")[:1]),
    )
    return residents.filter(home__isnull=False).filter(Q(retires_on__lte=day) | Q(last_reason=InactiveReason.RETIRED))
