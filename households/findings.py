"""Differences between the ledger and other offices: what each says, how one is explained, what accepting writes.

Accepting writes the ledger with the match as its source, never more than the form says.
"""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk
from city.findings import Acceptance, AcceptRefused, Kind, Sides, Subject, register_kind
from households import matching
from households.choices import (
    BusinessReason,
    Channel,
    DeathReason,
    ElsewhereReason,
    InactiveReason,
    InsuredReason,
    LabourState,
    LeaveReason,
    NotInsuredReason,
    PensionReason,
    PrisonReason,
    Source,
)
from households.forms import findings as forms
from households.ledger import LedgerRefused
from households.models import LabourSpell, LedgerSpan, ResidentFinding, ZeroEmploymentEpisode
from households.services import labour, register


def _link(pairs):
    bulk.insert(ResidentFinding, ("finding_id", "resident_id"), pairs)


def _subjects(finding_ids):
    links = ResidentFinding.objects.filter(finding__in=finding_ids).select_related("resident")
    return {
        link.finding_id: Subject(
            link.resident.name, reverse("households:resident", args=[link.resident_id]), link.resident.masked_number
        )
        for link in links
    }


def _state(evidence):
    words = str(LabourState(evidence["state"]).label)
    if evidence.get("reason"):
        words = f"{words} · {InactiveReason(evidence['reason']).label}"
    return words


def _ledger(evidence):
    told = [(_("State"), _state(evidence)), (_("Since"), evidence["since"] or "–")]
    if evidence.get("channel"):
        told.append((_("Kind of work"), str(Channel(evidence["channel"]).label)))
    if evidence.get("employer"):
        told.append((_("Name of the employer"), evidence["employer"]))
    return told


def _insured(evidence):
    outside = [(_("Month"), evidence["month"])]
    for one in evidence["employers"]:
        outside.append((_("Name of the employer"), one["name"] or one["code"]))
        for label, name in ((_("Credit code"), "code"), (_("Insurances"), "kinds"), (_("Contribution base"), "base")):
            if one[name]:
                outside.append((label, one[name]))
    names = "、".join(one["name"] or one["code"] for one in evidence["employers"])
    summary = _("Insured in %(month)s by %(employer)s; recorded: %(state)s")
    told = {"month": evidence["month"], "employer": names, "state": _state(evidence)}
    return Sides(summary % told, _ledger(evidence), outside)


def _not_insured(evidence):
    if evidence["employer"]:
        summary = _("Recorded as insured at %(employer)s; not on the list of %(month)s") % evidence
    else:
        summary = _("Recorded as insured at work; not on the list of %(month)s") % evidence
    outside = [(_("Month"), evidence["month"]), (_("Insured"), _("not on the list"))]
    return Sides(summary, [*_ledger(evidence), (_("Insured"), _("yes"))], outside)


def _fact(summary):
    """How a fact of another office is shown; `summary` holds %(from)s, %(place)s and %(state)s."""

    def describe(evidence):
        outside = [(_("Since"), evidence["from"])]
        named = ((_("To"), "to"), (_("Unit"), "place"), (_("Told by"), "source"))
        outside += [(label, evidence[name]) for label, name in named if evidence[name]]
        if "household" in evidence:
            ledger = [(_("Lives in household"), evidence["household"]), (_("Since"), evidence["since"])]
            state = ""
        else:
            ledger, state = _ledger(evidence), _state(evidence)
        return Sides(summary % {**evidence, "state": state}, ledger, outside)

    return describe


def _resident_of(finding):
    return finding.resident_finding.resident_id


def _found_work(finding, by, request, **job):
    resident_id = _resident_of(finding)
    labour.found_work(resident_id=resident_id, source=Source.MATCH, by=by, request=request, **job)
    return _open_episode(resident_id)


def _open_episode(resident_id):
    """A job never eliminates an episode by itself: whoever has the right confirms it there."""
    today = timezone.localdate()
    spans = LedgerSpan.objects.in_force_on(today).filter(resident=resident_id)
    if ZeroEmploymentEpisode.objects.open_on(today).filter(household__in=spans.values("household_id")).exists():
        return _("The household has an open zero-employment episode: confirm the job there and it is eliminated.")
    return ""


def _write_insured_job(finding, values, by, request):
    employer = values.pop("employer")
    values |= {"employer_name": employer["name"], "credit_code": employer["code"], "insured": True}
    return _found_work(finding, by, request, **values)


def _write_job_elsewhere(finding, values, by, request):
    return _found_work(finding, by, request, employer_name=finding.evidence["place"], insured=True, **values)


def _write_business(finding, values, by, request):
    return _found_work(finding, by, request, employer_name=finding.evidence["place"], **values)


def _write_not_insured(finding, values, by, request):
    resident_id = _resident_of(finding)
    if values["what"] == forms.LEFT:
        labour.lost_work(resident_id=resident_id, on=values["on"], source=Source.MATCH, by=by, request=request)
        return
    spell = LabourSpell.objects.filter(resident=resident_id, started_on=finding.evidence["since"]).first()
    if spell is None or spell.state != LabourState.EMPLOYED:
        raise LedgerRefused("what", _("The ledger has changed since; look at the person's page."))
    labour.correct(spell_id=spell.pk, values={"insured": False, "source": Source.MATCH}, by=by, request=request)


def _write_death(finding, values, by, request):
    register.leave(resident_id=_resident_of(finding), on=values["on"], reason=LeaveReason.DIED, by=by, request=request)


def _write_pension(finding, values, by, request):
    labour.retired(resident_id=_resident_of(finding), on=values["on"], source=Source.MATCH, by=by, request=request)


def _write_prison(finding, values, by, request):
    labour.became_inactive(
        resident_id=_resident_of(finding),
        on=values["on"],
        reason=InactiveReason.OTHER,
        source=Source.MATCH,
        by=by,
        request=request,
    )


def _acceptance(label, form, write):
    """What the ledger refuses, the form shows."""

    def guarded(finding, values, by, request):
        try:
            return write(finding, values, by, request)
        except LedgerRefused as refused:
            raise AcceptRefused(refused.field, refused.message) from None

    return Acceptance(label, form, "households/_fields.html", guarded)


_KINDS = (
    (
        matching.INSURED_BUT_UNEMPLOYED,
        gettext_lazy("Insured, recorded without work"),
        InsuredReason,
        _insured,
        _acceptance(gettext_lazy("Record the job"), forms.InsuredJobForm, _write_insured_job),
    ),
    (
        matching.EMPLOYED_NOT_INSURED,
        gettext_lazy("Recorded as insured at work, not on the list"),
        NotInsuredReason,
        _not_insured,
        _acceptance(gettext_lazy("Correct the ledger"), forms.NotInsuredForm, _write_not_insured),
    ),
    (
        matching.INSURED_ELSEWHERE,
        gettext_lazy("Insured elsewhere"),
        ElsewhereReason,
        _fact(gettext_lazy("Insured elsewhere since %(from)s (%(place)s); recorded: %(state)s")),
        _acceptance(gettext_lazy("Record the job"), forms.JobElsewhereForm, _write_job_elsewhere),
    ),
    (
        matching.DEAD_BUT_RESIDENT,
        gettext_lazy("Reported dead, still a resident"),
        DeathReason,
        _fact(gettext_lazy("Reported dead on %(from)s; still lives in household %(household)s")),
        _acceptance(gettext_lazy("Record the death"), forms.DiedForm, _write_death),
    ),
    (
        matching.PENSION_BUT_LABOUR_FORCE,
        gettext_lazy("Draws a pension, still in the labour force"),
        PensionReason,
        _fact(gettext_lazy("Draws a pension since %(from)s; recorded: %(state)s")),
        _acceptance(gettext_lazy("Record as retired"), forms.PensionForm, _write_pension),
    ),
    (
        matching.BUSINESS_BUT_UNEMPLOYED,
        gettext_lazy("Runs a business, recorded without work"),
        BusinessReason,
        _fact(gettext_lazy("Business since %(from)s (%(place)s); recorded: %(state)s")),
        _acceptance(gettext_lazy("Record the business"), forms.BusinessForm, _write_business),
    ),
    (
        matching.IN_PRISON,
        gettext_lazy("In prison"),
        PrisonReason,
        _fact(gettext_lazy("In prison since %(from)s; recorded: %(state)s")),
        _acceptance(gettext_lazy("Record as unable to work now"), forms.PrisonForm, _write_prison),
    ),
)


def register_kinds():
    for name, label, reasons, describe, acceptance in _KINDS:
        register_kind(
            Kind(
                name=name,
                label=label,
                reasons=reasons,
                describe=describe,
                subjects=_subjects,
                link=_link,
                see="households.view_findings",
                decide="households.decide_findings",
                accept=acceptance,
            )
        )
