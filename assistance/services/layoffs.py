"""Layoff notices: drawn up, reported, assessed with the list of staff, carried out; and help beforehand."""

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from assistance.choices import Intake, LayoffState
from assistance.models import LayoffNotice, LayoffPerson
from assistance.workflow import LAYOFF
from city.ciphers import keyed_hash
from city.facts import CaseWanted, tell
from city.models import Employer
from city.moves import NotAllowed, StepRefused, begin, move
from city.trail import acting
from config.conflict import Conflict
from households.choices import Source
from households.ledger import LedgerRefused
from households.models import Resident
from households.services.labour import lost_work

#: From here on the layoff is a fact, and the ledger may say so.
DONE = (LayoffState.CARRIED_OUT, LayoffState.CLOSED)


def draw_up(*, credit_code, employer_name, area, values, by, request=None):
    """A new notice of an employer in the posting's area; the employer becomes known with it."""
    if not (by.may("assistance.report_layoffs") and area.path.startswith(by.area.path)):
        raise NotAllowed
    with acting(posting=by, reason="draw_up_layoff", request=request):
        employer, _created = Employer.objects.get_or_create(credit_code=credit_code, defaults={"name": employer_name})
        if LayoffNotice.objects.filter(employer=employer, planned_on=values["planned_on"]).exists():
            raise StepRefused("planned_on", _("This employer has a notice for that day already."))
        notice = LayoffNotice(employer=employer, area=area, **values)
        return begin(notice, workflow=LAYOFF, by=by, action="draw_up", request=request)


def take_layoff_step(*, notice, action, by, version, reason="", words="", on=None, request=None):
    """A step of the notice; `on` is the day it was reported or carried out."""
    if not notice.is_kept_by(by):
        raise NotAllowed
    fields = {}
    if action in ("report", "carry_out"):
        if on is None or on > timezone.localdate():
            raise StepRefused("on", _("Give the day; it cannot lie in the future."))
        fields = {"reported_on" if action == "report" else "carried_out_on": on}
    with acting(posting=by, reason=f"layoff_{action}", request=request):
        if action == "assess":
            match_residents(notice)
            if not notice.persons.exists():
                raise StepRefused("action", _("Load the list of staff first: it tells whose jobs are at stake."))
        return move(
            notice,
            action,
            workflow=LAYOFF,
            by=by,
            version=version,
            reason=reason,
            words=words,
            request=request,
            **fields,
        )


def match_residents(notice):
    """Who on the list is a resident by now: all at once, by the keyed hash of the ID number."""
    residents = Resident.objects.filter(id_hash__isnull=False)
    same = residents.filter(id_hash=OuterRef("id_hash")).values("pk")
    with acting(reason="match_layoff_list"):
        unmatched = notice.persons.filter(resident=None, id_hash__in=residents.values("id_hash"))
        unmatched.update(resident=Subquery(same[:1]))


def add_person(*, notice, name, id_number, job, by, request=None):
    """One more on the list of a notice whose layoff has not happened yet."""
    if not (notice.is_kept_by(by) and by.may("assistance.report_layoffs")):
        raise NotAllowed
    with acting(posting=by, reason="list_layoff_person", request=request):
        held = LayoffNotice.objects.select_for_update().get(pk=notice.pk)
        if held.state not in LayoffState.OPEN:
            raise Conflict(_("The list is closed once the layoff was carried out or withdrawn."))
        number = keyed_hash(id_number)
        if held.persons.filter(id_hash=number).exists():
            raise StepRefused("id_number", _("This person is on the list already."))
        resident = Resident.objects.filter(id_hash=number).first()
        person = LayoffPerson(notice=held, name=name, id_number=id_number, id_hash=number, resident=resident, job=job)
        person.save(force_insert=True)
        return person


def take_off(*, notice, person_id, by, request=None):
    """Somebody who should not be on the list: listed by mistake, or kept on after all. The name, for the page."""
    if not (notice.is_kept_by(by) and by.may("assistance.report_layoffs")):
        raise NotAllowed
    with acting(posting=by, reason="take_off_layoff_list", request=request):
        held = LayoffNotice.objects.select_for_update().get(pk=notice.pk)
        if held.state not in LayoffState.OPEN:
            raise Conflict(_("The list is closed once the layoff was carried out or withdrawn."))
        person = held.persons.known_to(by).filter(pk=person_id).first()
        if person is None:
            raise Conflict(_("This person is not on the list any more."))
        person.delete()
        return person.name


def open_cases(*, notice, person_ids, by, request=None):
    """Help before the job is lost, for those chosen among the posting's own residents. How many were asked for."""
    if not (by.may("assistance.work_cases") or by.may("assistance.report_layoffs")):
        raise NotAllowed
    if notice.state not in LayoffState.OPEN:
        raise Conflict(_("Preventive help is opened while the layoff is still to come."))
    words = _("%(employer)s means to lay off staff on %(day)s.")
    words = words % {"employer": notice.employer.name, "day": notice.planned_on.isoformat()}
    with acting(posting=by, reason="open_preventive_cases", request=request):
        chosen = _own(notice, person_ids, by)
        for person in chosen:
            tell(CaseWanted(person.resident_id, Intake.LAYOFF.value, words, preventive=True, by=by))
        return len(chosen)


def _own(notice, person_ids, by):
    rows = LayoffPerson.objects.visible_to(by).filter(notice=notice, pk__in=person_ids)
    return list(rows.select_related("resident").order_by("resident_id"))


def record_losses(*, notice, person_ids, by, request=None):
    """The layoff happened: the last day of these jobs was the day it was carried out.

    Returns (how many lost their work, [(person, why the ledger refused)]).
    """
    if not by.may("households.edit_register"):
        raise NotAllowed
    if notice.state not in DONE:
        raise Conflict(_("The layoff has not been carried out yet."))
    refused = []
    with acting(posting=by, reason="record_layoff_losses", request=request):
        chosen = _own(notice, person_ids, by)
        for person in chosen:
            try:
                with transaction.atomic():
                    lost_work(
                        resident_id=person.resident_id,
                        on=notice.carried_out_on,
                        source=Source.ROSTER,
                        by=by,
                        request=request,
                    )
            except LedgerRefused as error:
                refused.append((person, str(error.message)))
    return len(chosen) - len(refused), refused
