"""The figures of public money in an area and a period, and the rows behind each. Definitions: docs/indicators.md."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from django.db.models import (
    Avg,
    Count,
    DecimalField,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from city.models import Area
from placements.figures import Flow
from subsidies.choices import LineStanding, Scheme, Stage
from subsidies.models import Approval, ClaimLine, Fund, Instalment

_MONEY = DecimalField(max_digits=14, decimal_places=2)
_NOTHING = Value(Decimal("0.00"), _MONEY)
#: S2-27: who works and gets both.
_BOTH = (Scheme.POST, Scheme.INSURANCE)
KEYS = {
    "paid": _("Lines paid"),
    "both": _("Persons with both subsidies"),
    "kept": _("Doubtful lines not paid in full"),
}


@dataclass(frozen=True)
class Money:
    """Yuan in the period, and in the same one a year before; `key` is the scheme."""

    key: str
    label: str
    now: Decimal
    before: Decimal
    persons: int = 0

    @property
    def change_in_words(self):
        return Flow(self.key, self.label, int(self.now * 100), int(self.before * 100)).change_in_words


class Rows:
    """What the figures count."""

    def __init__(self, posting, area, period, day):
        self.posting, self.area, self.period, self.day = posting, area, period, day

    def lines(self):
        return ClaimLine.objects.visible_to(self.posting).filter(claim__area__path__startswith=self.area.path)

    def paid(self, period=None):
        """Lines the bank paid, also those reclaimed afterwards: what came back is a figure of its own."""
        rows = self.lines().paid()
        return rows.filter(period.has("paid_on")) if period else rows

    def both(self):
        """The lines of persons for whom both the post and the insurance subsidy were paid in the period."""
        paid = self.paid(self.period)
        of_both = (
            paid.filter(scheme__in=_BOTH)
            .order_by()
            .values("resident")
            .annotate(schemes=Count("scheme", distinct=True))
            .filter(schemes=len(_BOTH))
        )
        return paid.filter(scheme__in=_BOTH, resident__in=of_both.values("resident"))

    def kept(self):
        """Lines with a doubt found in the period that were taken off, or approved with less."""
        doubted = self.lines().filter(Q(approved__lt=F("computed")) | Q(standing=LineStanding.DROPPED))
        found = self.period.has("findings__finding__found_on")
        return doubted.filter(found).distinct()

    def doubted(self):
        """Lines with a doubt found in the period, whatever became of it."""
        return self.lines().filter(self.period.has("findings__finding__found_on")).distinct()

    def funds(self):
        return Fund.objects.visible_to(self.posting).filter(
            area__path__startswith=self.area.path, year=self.period.last.year
        )


def paid_by_scheme(rows):
    """[Money] of every scheme that was paid in the period or a year before, and the sum of all."""
    now, before = rows.period.has("paid_on"), rows.period.year_before.has("paid_on")
    counted = rows.paid().filter(now | before).order_by().values("scheme")
    counted = counted.annotate(
        now=Coalesce(Sum("approved", filter=now), _NOTHING),
        before=Coalesce(Sum("approved", filter=before), _NOTHING),
        persons=Count("resident", filter=now, distinct=True),
    )
    found = {row["scheme"]: row for row in counted}
    schemes = [
        Money(scheme, scheme.label, found[scheme]["now"], found[scheme]["before"], found[scheme]["persons"])
        for scheme in Scheme
        if scheme in found
    ]
    persons = rows.paid(rows.period).aggregate(persons=Count("resident", distinct=True))["persons"]
    total = Money("", _("In all"), sum(one.now for one in schemes), sum(one.before for one in schemes), persons)
    return {"schemes": schemes, "total": total}


def budgets(rows):
    """[fund with `left`], of the year of the period's last day."""
    return list(rows.funds().with_left().select_related("area").order_by("area__path", "purpose", "source"))


def persons_with_both(rows):
    return rows.both().aggregate(persons=Count("resident", distinct=True))["persons"]


def days_by_step(rows):
    """[(step, average days, claims)] of the claims paid in the period, in their last round; None without a claim."""
    paid = rows.paid(rows.period).order_by().values("claim")
    steps = Approval.objects.filter(claim__in=paid, round=F("claim__round"))
    spent = []
    for before, stage in pairwise(Stage):
        earlier = Approval.objects.filter(claim=OuterRef("claim"), round=OuterRef("round"), stage=before)
        told = steps.filter(stage=stage).aggregate(
            taken=Avg(ExpressionWrapper(F("at") - Subquery(earlier.values("at")[:1]), DurationField())),
            claims=Count("pk"),
        )
        spent.append((stage.label, told["taken"] and _days(told["taken"]), told["claims"]))
    return spent


def _days(taken):
    """Tenths of days, cut."""
    return Decimal(taken // timedelta(hours=2, minutes=24)) / 10


def kept(rows):
    """How many lines were doubted, how many of them not paid in full, and what that kept, in yuan."""
    lines = rows.kept().values("pk")
    saved = ClaimLine.objects.filter(pk__in=lines).aggregate(
        lines=Count("pk"),
        money=Coalesce(Sum(F("computed"), filter=Q(standing=LineStanding.DROPPED), output_field=_MONEY), _NOTHING)
        + Coalesce(
            Sum(F("computed") - F("approved"), filter=~Q(standing=LineStanding.DROPPED), output_field=_MONEY),
            _NOTHING,
        ),
    )
    returned = Instalment.objects.filter(
        rows.period.has("received_on"),
        clawback__area__path__startswith=rows.area.path,
        clawback__area__in=Area.objects.visible_to(rows.posting),
    )
    back = returned.aggregate(back=Coalesce(Sum("amount"), _NOTHING))["back"]
    return {"doubted": rows.doubted().count(), "kept_lines": saved["lines"], "kept": saved["money"], "back": back}


def choose(rows, key, scheme=""):
    """The lines behind a figure, of one scheme or of all."""
    found = {"paid": lambda: rows.paid(rows.period), "both": rows.both, "kept": rows.kept}[key]()
    return found.filter(scheme=scheme) if scheme else found
