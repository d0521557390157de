"""Approved claims before the public: one masked notice for all of a scheme in a district."""

import re
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from city import notices
from city.choices import AreaLevel
from city.models import Area, Objection
from city.moves import NotAllowed, StepRefused, move_all
from city.parameters import value
from city.trail import acting
from city.workdays import Calendar
from subsidies.choices import ClaimState, Scheme
from subsidies.models import Claim, ClaimLine
from subsidies.workflow import CLAIM

NOTICE_KIND = "subsidy_claims"
#: Literal headings, as the district pins them up.
COLUMNS = ["申领单位（个人）", "所在社区", "享受补贴人员", "补贴期间", "月（次）数", "金额（元）"]
_LONG_NUMBER = re.compile(r"\d{5,}")
_STEP = CLAIM.steps["publicise"][0]


@dataclass(frozen=True)
class Waiting:
    """Claims of one scheme that wait to be shown. `upheld`: an objection was right, and the district decides first."""

    scheme: Scheme
    claims: int
    amount: object
    upheld: int
    oldest_on: object


def waiting(area):
    """Approved claims of the area that no notice shows: new ones, and those whose notice was taken away.

    An objection against that notice is answered first, or nobody would ask about it any more.
    """
    unanswered = Exists(Objection.objects.filter(notice=OuterRef("notice"), upheld=None))
    taken_away = Q(~unanswered, state=ClaimState.PUBLICISED, notice__withdrawn_at__isnull=False)
    return Claim.objects.filter(Q(state=ClaimState.DISTRICT_APPROVED) | taken_away, area__path__startswith=area.path)


def _objected(claims):
    """Those of a notice that an objection took away."""
    return claims.filter(Exists(Objection.objects.filter(notice=OuterRef("notice"), upheld=True)))


def groups(area):
    """`Waiting` of every scheme that has some, in the order of the schemes."""
    claims = waiting(area)
    objected = set(_objected(claims).values_list("pk", flat=True))
    by_scheme = defaultdict(list)
    for pk, scheme, total, approved_at in claims.values_list("pk", "scheme", "total", "approved_at"):
        by_scheme[scheme].append((pk, total, approved_at))
    return [
        Waiting(
            scheme=scheme,
            claims=len(rows),
            amount=sum(total for _pk, total, _at in rows),
            upheld=sum(pk in objected for pk, _total, _at in rows),
            oldest_on=timezone.localdate(min(at for _pk, _total, at in rows)),
        )
        for scheme in Scheme
        if (rows := by_scheme.get(scheme))
    ]


def publicise(area, scheme, *, by, request=None):
    """Show every approved claim of a scheme that waits in the area; those of an upheld objection too. The notice."""
    if not _STEP.is_open_to(by) or not area.path.startswith(by.area.path):
        raise NotAllowed
    return _show(area, scheme, waiting(area), by, Calendar(), request)


def publicise_claims(_day):
    """Nightly: one notice a district and scheme for what was approved. How many notices and claims.

    What an objection took away waits for the district.
    """
    shown, calendar = [], Calendar()
    for district in Area.objects.filter(level=AreaLevel.DISTRICT).order_by("path"):
        claims = waiting(district)
        claims = claims.exclude(pk__in=_objected(claims).values("pk"))
        for scheme in sorted(set(claims.order_by().values_list("scheme", flat=True))):
            shown.append(_show(district, scheme, claims, None, calendar, None))
    return {"notices": len(shown), "claims": Claim.objects.filter(notice__in=shown).count()}


def _show(area, scheme, claims, by, calendar, request):
    with acting(posting=by, reason=_("Show claims to the public"), request=request):
        claims = claims.filter(scheme=scheme).select_related("area", "employer").order_by("pk")
        claims = list(claims.select_for_update(of=("self",)))
        if not claims:
            raise StepRefused("action", _("No approved claim of this scheme waits to be shown."))
        days = value("claim_publicity_workdays", area, timezone.localdate())
        notice = notices.publish(
            NOTICE_KIND,
            f"{area.name}{scheme_words(scheme)}公示",
            COLUMNS,
            _rows(claims),
            area,
            days,
            by=by,
            body=f"下列单位和个人申领的{scheme_words(scheme)}已经区（县）审核，现予公示{days}个工作日。"
            "对公示内容有异议的，可在公示期内提出，异议核实答复之前不予拨付。",
            calendar=calendar,
        )
        _moved, left = move_all(claims, "publicise", workflow=CLAIM, by=by, notice=notice)
        if left:
            raise StepRefused("action", _("A claim was decided meanwhile: try again."))
        return notice


#: What a public notice calls each scheme, whatever language the office reads.
_WORDS = {
    Scheme.POST: "岗位补贴",
    Scheme.INSURANCE: "用人单位社会保险补贴",
    Scheme.FLEXIBLE: "灵活就业社会保险补贴",
    Scheme.INTRODUCTION: "职业介绍补贴",
    Scheme.TRAINING: "职业培训补贴",
    Scheme.APPRAISAL: "职业技能鉴定补贴",
    Scheme.TRANSPORT: "培训交通补贴",
    Scheme.TUITION: "学费补贴",
    Scheme.POST_CREATION: "岗位开发补贴",
    Scheme.POST_PURCHASE: "政府购买岗位补贴",
}


def scheme_words(scheme):
    return _WORDS[scheme]


def _rows(claims):
    """One row for each person of a claim: the name shortened, no number, birth date or address."""
    known = {claim.pk: claim for claim in claims}
    persons = defaultdict(list)
    lines = ClaimLine.objects.live().filter(claim__in=known).order_by("claim", "resident", "month")
    for claim_id, resident_id, name, month, amount in lines.values_list(
        "claim", "resident", "resident__name", "month", "approved"
    ):
        persons[claim_id, resident_id].append((name, month, amount))
    rows = []
    for (claim_id, _resident), told in persons.items():
        claim, (name, first, _amount) = known[claim_id], told[0]
        name = notices.masked_name(name)
        rows.append(
            [
                _without_numbers(claim.employer.name) if claim.employer else name,
                claim.area.name,
                name,
                _period(first, told[-1][1]),
                len(told),
                f"{sum(amount for _name, _month, amount in told):,.2f}",
            ]
        )
    return rows


def _period(first, last):
    return f"{first:%Y-%m}" if first == last else f"{first:%Y-%m}至{last:%Y-%m}"


def _without_numbers(name):
    """A long number in the name of a business could be somebody's."""
    return _LONG_NUMBER.sub(lambda found: "*" * len(found[0]), name)
