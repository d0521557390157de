"""Which job seekers suit a vacancy, best first, and why: one query, whatever their number."""

import re
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from households.models import HardshipCertification, LedgerSpan, ZeroEmploymentEpisode
from placements.choices import Hours
from placements.models import JobSeeker, Offer, Placement

#: What each fit weighs; the order of a list is their sum.
POINTS = {"trade": 4, "first": 4, "hardship": 3, "wage": 2, "hours": 1}
_SEPARATORS = re.compile(r"[、，,;；/|\s]+")
_SHORTEST_WORD = 2


@dataclass
class Suggested:
    """A registration with why it suits and what speaks against it, in words."""

    search: object
    reasons: list
    against: list


def words_of(*texts):
    """The words by which trades are compared: 「电工、焊工」 are two; the rest of a phrase stays whole."""
    words = (word for text in texts for word in _SEPARATORS.split(text))
    return list(dict.fromkeys(word for word in words if len(word) >= _SHORTEST_WORD))


def seekers_for(vacancy, posting, *, limit=20):
    """`[Suggested]` of the posting's residents, without who was told before or is about to start work."""
    today = timezone.localdate()
    found = JobSeeker.objects.visible_to(posting).in_force_on(today)
    found = found.exclude(resident__in=Offer.objects.filter(vacancy=vacancy).values("referral__resident"))
    found = found.exclude(resident__in=Placement.objects.live().values("resident"))
    found = _weighed(found, vacancy, today).order_by("-points", "registered_on", "pk")
    found = found.select_related("resident__community", "area")
    return [_suggested(search, vacancy) for search in found[:limit]]


def _weighed(found, vacancy, today):
    spans = LedgerSpan.objects.in_force_on(today).filter(resident=OuterRef("resident"))
    in_need = ZeroEmploymentEpisode.objects.open_on(today).values("household")
    certified = HardshipCertification.objects.in_force_on(today).filter(resident=OuterRef("resident"))
    found = found.annotate(
        place=Coalesce("area__path", "resident__community__path"),
        told=Value(f"{vacancy.title} {vacancy.occupation} {vacancy.skills}"),
    )
    found = found.annotate(
        first=Exists(spans.filter(household__in=in_need)),
        hardship=Exists(certified),
        near=_nearness(vacancy.area),
        trade=_flag(_same_trade(vacancy)),
        wage=_flag(Q(wage_wished=None) | Q(wage_wished__lte=vacancy.wage_to or vacancy.wage_from)),
        suited_hours=_flag(_same_hours(vacancy)),
    )
    return found.annotate(
        points=F("near")
        + POINTS["trade"] * F("trade")
        + POINTS["wage"] * F("wage")
        + POINTS["hours"] * F("suited_hours")
        + Case(When(first=True, then=POINTS["first"]), When(hardship=True, then=POINTS["hardship"]), default=0)
    )


def _flag(condition):
    return Case(When(condition, then=1), default=0, output_field=IntegerField())


def _same_trade(vacancy):
    """A word of the vacancy in the wish or the skills, or the wish within what the vacancy says."""
    told = ~Q(occupation="") & Q(told__contains=F("occupation"))
    for word in words_of(vacancy.title, vacancy.occupation, vacancy.skills):
        told |= Q(occupation__icontains=word) | Q(skills__icontains=word)
    return told


def _same_hours(vacancy):
    return Q() if vacancy.hours == Hours.ANY else Q(hours__in=[Hours.ANY, vacancy.hours])


#: In an area wished for; else by the deepest area both share: 3 the community, 2 the street, 1 the district.
_WISHED = 4


def _nearness(area):
    ids = area.path_ids
    paths = ["/" + "/".join(map(str, ids[:length])) + "/" for length in range(len(ids), 1, -1)]
    known = [When(area__in=ids[1:], then=_WISHED)]
    known += [When(place__startswith=path, then=path.count("/") - 2) for path in paths]
    return Case(*known, default=0, output_field=IntegerField())


def _suggested(search, vacancy):
    told = _Told(search, vacancy)
    return Suggested(search, told.reasons(), told.against())


class _Told:
    """The marks of one row in words."""

    def __init__(self, search, vacancy):
        self.search, self.vacancy = search, vacancy

    def reasons(self):
        return [
            reason for reason in (self._need(), self._trade(), self._wage(), self._hours(), self._place()) if reason
        ]

    def _need(self):
        if self.search.first:
            return _("of a zero-employment household")
        return _("certified hardship person") if self.search.hardship else ""

    def _trade(self):
        return _("trade fits: %(trade)s") % {"trade": self._wish} if self.search.trade else ""

    @property
    def _wish(self):
        return "、".join(filter(None, [self.search.occupation, self.search.skills]))

    def _wage(self):
        wished = self.search.wage_wished
        if wished is None:
            return _("names no wage")
        return _("wage as wished: from %(wage)s yuan") % {"wage": _yuan(wished)} if self.search.wage else ""

    def _hours(self):
        return self.search.get_hours_display() if self.search.suited_hours else ""

    def _place(self):
        near = self.search.near
        if near == _WISHED:
            return _("wishes to work in %(area)s") % {"area": self.search.area.name}
        return {3: _("same community"), 2: _("same street"), 1: _("same district")}.get(near, "")

    def against(self):
        told = []
        if not self.search.trade and self._wish:
            told.append(_("wishes for: %(trade)s") % {"trade": self._wish})
        if not self.search.wage:
            told.append(_("wishes for %(wage)s yuan") % {"wage": _yuan(self.search.wage_wished)})
        if not self.search.suited_hours:
            told.append(_("wishes for: %(trade)s") % {"trade": self.search.get_hours_display()})
        if not self.search.near:
            place = self.search.area or self.search.resident.community
            told.append(_("far away: %(area)s") % {"area": place.name})
        return told


def _yuan(amount):
    return f"{amount.normalize():f}" if amount == amount.to_integral() else f"{Decimal(amount):.2f}"
