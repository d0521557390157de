"""How doubts about claims read: what the claim says, what speaks against it, and why it may be right all the same."""

from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from city import bulk
from city.findings import Kind, Sides, Subject, Wording, register_kind
from city.models import Finding
from households.choices import LabourState
from subsidies.choices import (
    Doubt,
    FactDoubtReason,
    InsuredDoubtReason,
    PersonDoubtReason,
    Scheme,
    TwiceDoubtReason,
    WorkDoubtReason,
)
from subsidies.models import LineFinding

_WORDING = Wording(
    ledger=gettext_lazy("The claim says"),
    outside=gettext_lazy("What contradicts the claim"),
    explain=gettext_lazy("The claim is right"),
    explain_help=gettext_lazy(
        "Say why it may be paid all the same. If it is not right, send the claim back or take the line off there:"
        " the doubt goes by itself."
    ),
    dropped=gettext_lazy("No longer found: the line was taken off, or nothing speaks against it any more."),
)

_SINCE = gettext_lazy("Since")

_OF_THE_PERSON = replace(
    _WORDING,
    explain_help=gettext_lazy(
        "Say why it may be paid all the same; it holds for every month of this person in this claim. If it is not"
        " right, send the claim back or take the lines off there: the doubt goes by itself."
    ),
)
#: What is so in one month is so in the others: it is explained once for all of them.
_PERSONAL = (
    Doubt.DIED,
    Doubt.PENSION,
    Doubt.RETIRED,
    Doubt.BUSINESS,
    Doubt.PRISON,
    Doubt.USED_UP,
    Doubt.ACCOUNT,
    Doubt.INSIDER,
)


def _link(pairs):
    bulk.insert(LineFinding, ("finding_id", "line_id"), pairs)


def _subjects(finding_ids):
    links = LineFinding.objects.filter(finding__in=finding_ids).select_related("line__resident", "line__claim")
    return {
        link.finding_id: Subject(
            link.line.resident.name,
            f"{reverse('subsidies:claim', args=[link.line.claim_id])}#person-{link.line.resident_id}",
            f"{link.line.claim.number} · {link.line.get_scheme_display()} · {link.line.month:%Y-%m}",
        )
        for link in links
    }


def _alike(finding):
    """The same doubt about the other months of the person in the claim."""
    line = finding.line_finding.line
    others = Finding.objects.open().filter(
        kind=finding.kind, line_finding__line__claim=line.claim_id, line_finding__line__resident=line.resident_id
    )
    others = others.exclude(pk=finding.pk).order_by("pk")
    return [other for other in others if other.evidence | {"month": ""} == finding.evidence | {"month": ""}]


def _claim(evidence):
    return [
        (_("Claim number"), evidence["claim"]),
        (_("Subsidy"), str(Scheme(evidence["scheme"]).label)),
        (_("Month"), evidence["month"]),
        (_("Claimant"), evidence["claimant"] or _("the person")),
    ]


def _fact(summary, since=_SINCE):
    """Facts of other offices; `summary` holds %(from)s and %(place)s."""

    def describe(evidence):
        outside = []
        for fact in evidence["facts"]:
            named = ((since, "from"), (_("To"), "to"), (_("Unit"), "place"), (_("Told by"), "source"))
            outside += [(label, fact[name]) for label, name in named if fact[name]]
        first = evidence["facts"][0]
        place = first["place"] or first["source"] or _("the register")
        return Sides(summary % {"from": first["from"], "place": place}, _claim(evidence), outside)

    return describe


def _retired(evidence):
    summary = _("Reached the retirement age on %(retires_on)s") % evidence
    return Sides(summary, _claim(evidence), [(_("Retirement date"), evidence["retires_on"])])


def _elsewhere(evidence):
    outside = []
    for one in evidence["employers"]:
        outside.append((_("Insured by"), one["name"]))
        named = ((_("Credit code"), "code"), (_("Since"), "from"))
        outside += [(label, one[name]) for label, name in named if one.get(name)]
    names = "、".join(one["name"] for one in evidence["employers"])
    summary = _("Insured in %(month)s by %(employers)s") % {"month": evidence["month"], "employers": names}
    return Sides(summary, _claim(evidence), outside)


def _not_there(evidence):
    outside = [
        (
            f"{stretch['from']} – {stretch['to']}",
            " · ".join(filter(None, [str(LabourState(stretch["state"]).label), stretch["employer"]])),
        )
        for stretch in evidence["ledger"]
    ]
    summary = _("%(days)d days at this work in %(month)s by the ledger; %(needed)d are needed") % evidence
    return Sides(summary, _claim(evidence), outside or [(_("The ledger says"), _("Not surveyed"))])


def _others(summary):
    """Other claims for the person; `summary` holds %(claims)s."""

    def describe(evidence):
        outside = []
        for one in evidence["others"]:
            scheme = str(Scheme(one["scheme"]).label)
            outside.append((_("Claim number"), one["claim"]))
            outside.append((_("Subsidy"), f"{scheme} · {one['month']}"))
            if one.get("district"):
                outside.append((_("District"), one["district"]))
        claims = "、".join(
            " ".join(filter(None, [one.get("district"), str(Scheme(one["scheme"]).label), one["month"], one["claim"]]))
            for one in evidence["others"]
        )
        return Sides(summary % {"claims": claims, "month": evidence["month"]}, _claim(evidence), outside)

    return describe


def _used_up(evidence):
    summary = _("Claimed since %(first)s; paid for %(most)d months at most") % evidence
    outside = [
        (_("First month claimed"), evidence["first"]),
        (_("Longest time"), ngettext("%(n)d month", "%(n)d months", evidence["most"]) % {"n": evidence["most"]}),
    ]
    return Sides(summary, _claim(evidence), outside)


def _account(evidence):
    names = "、".join(evidence["holders"])
    if evidence["others"] > len(evidence["holders"]):
        names = _("%(names)s and others, %(n)d in all") % {"names": names, "n": evidence["others"]}
    outside = [(_("Account also of"), names)]
    if evidence["staff"]:
        outside.append((_("Household of staff"), _("yes")))
        summary = _("The account belongs to the household of a staff member: %(names)s")
    else:
        summary = _("The account is also that of %(names)s")
    return Sides(summary % {"names": names}, _claim(evidence), outside)


def _attendance(evidence):
    outside = [(_("Days attended"), str(evidence["days"]))]
    if "whole" in evidence:
        summary = _("%(days)d of the %(whole)d days of the month spent at courses")
        return Sides(summary % evidence, _claim(evidence), outside)
    outside.insert(0, (_("Course number"), evidence["course"]))
    if evidence["left"]:
        summary = _("Course %(course)s was left or cancelled")
    elif "claimed" in evidence:
        summary = _("%(claimed)d days claimed, %(days)d attended")
        outside.append((_("Days claimed"), str(evidence["claimed"])))
    else:
        summary = _("Never seen at course %(course)s, which keeps attendance")
    return Sides(summary % evidence, _claim(evidence), outside)


def _not_insured(evidence):
    summary = _("Not on the list of the insurance office of %(month)s") % evidence
    return Sides(summary, _claim(evidence), [(_("Insured"), _("not on the list"))])


def _insider(evidence):
    names = "、".join(evidence["staff"])
    summary = _("%(names)s handled the claim and lives with this person, or is this person") % {"names": names}
    return Sides(summary, _claim(evidence), [(_("Handled by"), names)])


_KINDS = (
    (Doubt.DIED, FactDoubtReason, _fact(gettext_lazy("Died on %(from)s (%(place)s)"), gettext_lazy("Day of death"))),
    (
        Doubt.PENSION,
        FactDoubtReason,
        _fact(gettext_lazy("Draws a pension since %(from)s (%(place)s)")),
    ),
    (Doubt.RETIRED, FactDoubtReason, _retired),
    (Doubt.ELSEWHERE, InsuredDoubtReason, _elsewhere),
    (
        Doubt.BUSINESS,
        FactDoubtReason,
        _fact(gettext_lazy("Business since %(from)s (%(place)s)")),
    ),
    (
        Doubt.PRISON,
        FactDoubtReason,
        _fact(gettext_lazy("In prison since %(from)s (%(place)s)")),
    ),
    (Doubt.NOT_THERE, WorkDoubtReason, _not_there),
    (Doubt.EXCLUDED, TwiceDoubtReason, _others(gettext_lazy("Not allowed beside it in %(month)s: %(claims)s"))),
    (Doubt.USED_UP, TwiceDoubtReason, _used_up),
    (Doubt.DISTRICT, TwiceDoubtReason, _others(gettext_lazy("Claimed elsewhere too: %(claims)s"))),
    (Doubt.ACCOUNT, PersonDoubtReason, _account),
    (Doubt.ATTENDANCE, WorkDoubtReason, _attendance),
    (Doubt.NOT_INSURED, InsuredDoubtReason, _not_insured),
    (Doubt.INSIDER, PersonDoubtReason, _insider),
)


def register_kinds():
    for doubt, reasons, describe in _KINDS:
        register_kind(
            Kind(
                name=doubt.value,
                label=doubt.label,
                reasons=reasons,
                describe=describe,
                subjects=_subjects,
                link=_link,
                see="subsidies.view_claims",
                decide="subsidies.decide_doubts",
                wording=_OF_THE_PERSON if doubt in _PERSONAL else _WORDING,
                alike=_alike if doubt in _PERSONAL else None,
            )
        )
