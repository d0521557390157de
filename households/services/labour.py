"""The labour timeline, edited by what happened: found work, lost work, retired …; never by overwriting.

Every event writes a change point and builds the person's spans again. One that contradicts what is known raises
`LedgerRefused(field, message)`; the message says what to do. `told_on` is the day it was told (today when left out):
the state counts as confirmed then.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from city import facts
from city.models import Employer
from city.trail import acting
from households import ledger
from households.choices import InactiveReason, LabourState, LeaveReason, Source
from households.ledger import LedgerRefused
from households.models import LabourSpell, Resident, UnemploymentRegistration

EMPLOYED, UNEMPLOYED, INACTIVE = LabourState.EMPLOYED, LabourState.UNEMPLOYED, LabourState.INACTIVE
JOB_FIELDS = ("channel", "employer", "employer_name", "contract_months", "monthly_income", "insured")
DETAILS = {
    EMPLOYED: {*JOB_FIELDS, "source", "started_on"},
    UNEMPLOYED: {"source", "started_on"},
    INACTIVE: {"inactive_reason", "source", "started_on"},
}


@dataclass
class History:
    """A person with every spell, oldest first, held until the transaction ends."""

    resident: Resident
    spells: list

    @property
    def latest(self):
        return self.spells[-1] if self.spells else None

    def on(self, day):
        """The spell in force on the day, or None."""
        return next((spell for spell in reversed(self.spells) if spell.started_on <= day), None)


def found_work(
    *,
    resident_id,
    on,
    channel,
    employer_name="",
    employer=None,
    contract_months=None,
    monthly_income=None,
    insured=None,
    source,
    by,
    told_on=None,
    credit_code="",
    request=None,
):
    """In work from `on`; a second job after a first is a new spell. Told again for the same day it adds details.

    `credit_code` stands for `employer`: an employer nobody knew yet becomes known.
    """
    with acting(posting=by, reason=_("Found work"), request=request):
        employer = employer or _employer(credit_code, employer_name)
        told = {
            "channel": channel,
            "employer": employer,
            "employer_name": employer_name or (employer.name if employer else ""),
            "contract_months": contract_months,
            "monthly_income": monthly_income,
            "insured": insured,
        }
        return _begin_state(_history(resident_id), on, EMPLOYED, told, source=source, told_on=told_on, by=by)


def lost_work(*, resident_id, on, next_state=None, reason="", source, by, told_on=None, request=None):
    """The last day of a job is `on`; the next state starts the day after.

    Nothing said about what comes next: unemployed (past the retirement date: retired), marked as assumed, to be asked
    at the next visit. `reason` says why, for INACTIVE.
    """
    with acting(posting=by, reason=_("Lost work"), request=request):
        history, starts = _history(resident_id), on + timedelta(days=1)
        now = history.on(on)
        if now is not None and now.state != EMPLOYED:
            raise LedgerRefused(
                "on",
                _("On this day the person was not in work: “%(state)s” since %(day)s.")
                % {"state": now.get_state_display(), "day": now.started_on.isoformat()},
            )
        if next_state is not None:
            told = {"inactive_reason": reason or InactiveReason.OTHER} if next_state == INACTIVE else {}
            return _begin_state(history, starts, next_state, told, source=source, told_on=told_on, by=by)
        already = history.latest
        if already and already.started_on == starts and already.state != EMPLOYED:
            return already
        past_work = starts >= history.resident.retires_on
        state, told = (INACTIVE, {"inactive_reason": InactiveReason.RETIRED}) if past_work else (UNEMPLOYED, {})
        return _begin_state(history, starts, state, told, source=Source.ASSUMED, told_on=starts, by=by)


def became_inactive(*, resident_id, on, reason, source, by, told_on=None, request=None):
    """No longer working or looking for work from `on`. The same reason told again confirms it."""
    with acting(posting=by, reason=_("No longer looking"), request=request):
        told = {"inactive_reason": reason or InactiveReason.OTHER}
        return _begin_state(_history(resident_id), on, INACTIVE, told, source=source, told_on=told_on, by=by)


def retired(*, resident_id, on, source, by, told_on=None, request=None):
    """Draws a pension from `on`."""
    with acting(posting=by, reason=_("Retired"), request=request):
        told = {"inactive_reason": InactiveReason.RETIRED}
        return _begin_state(_history(resident_id), on, INACTIVE, told, source=source, told_on=told_on, by=by)


def looking(*, resident_id, on, source, by, told_on=None, request=None):
    """Unemployed from `on`. Told of somebody unemployed already it confirms that: the time without work runs on."""
    with acting(posting=by, reason=_("Looking for work"), request=request):
        return _begin_state(_history(resident_id), on, UNEMPLOYED, {}, source=source, told_on=told_on, by=by)


def confirm(*, resident_ids, on, by, source=Source.VISIT, request=None):
    """Nothing changed: the spell of each in force on `on` is confirmed then, and no longer assumed. Their number.

    A confirmation never goes backwards, and a day to come confirms nothing.
    """
    if on > timezone.localdate():
        raise LedgerRefused("on", _("A day to come cannot be confirmed yet."))
    with acting(posting=by, reason=_("Nothing changed"), request=request):
        ids = sorted(set(resident_ids))
        list(Resident.objects.filter(pk__in=ids).order_by("pk").select_for_update().values_list("pk"))
        points = LabourSpell.objects.filter(resident__in=ids, started_on__lte=on).order_by("started_on")
        in_force = list(dict(points.values_list("resident_id", "pk")).values())
        spells = LabourSpell.objects.filter(pk__in=in_force)
        spells.filter(confirmed_on__lt=on).update(confirmed_on=on)
        spells.filter(source=Source.ASSUMED).update(source=source)
        ledger.rebuild(ids)
        return len(in_force)


def correct(*, spell_id, values, by, request=None):
    """Put the details of one spell right, its first day included as long as it stays between its neighbours.

    `values` names fields of the spell, `credit_code` standing for the employer. What its state has no use for is
    refused.
    """
    with acting(posting=by, reason=_("Details corrected"), request=request):
        spell, history = _spell_with_history(spell_id)
        values = dict(values)
        if "credit_code" in values:
            values["employer"] = _employer(values.pop("credit_code"), values.get("employer_name", ""))
        unknown = values.keys() - DETAILS[spell.state]
        if unknown:
            raise LedgerRefused(min(unknown), _("A state of this kind has no such detail."))
        if "started_on" in values:
            _check_start(history, spell, values["started_on"])
        if not values.get("inactive_reason", True):
            raise LedgerRefused("inactive_reason", _("Choose a reason."))
        for name, value in values.items():
            setattr(spell, name, value)
        spell.confirmed_on = max(spell.confirmed_on, spell.started_on)
        spell.save()
        ledger.rebuild([spell.resident_id])
        return spell


def cancel(*, spell_id, by, request=None):
    """A change that lies ahead did not come true: its point is taken away, the state before it goes on."""
    with acting(posting=by, reason=_("Did not come true"), request=request):
        spell, _history_of_it = _spell_with_history(spell_id)
        if spell.started_on <= timezone.localdate():
            raise LedgerRefused("on", _("This change has happened; what was entered by mistake is taken back."))
        return _remove(spell)


def take_back(*, spell_id, by, request=None):
    """The latest state was entered by mistake: its point is taken away, the trail keeps what it said."""
    with acting(posting=by, reason=_("Taken back: entered by mistake"), request=request):
        spell, history = _spell_with_history(spell_id)
        if spell.pk != history.latest.pk:
            raise LedgerRefused("on", _("Only the latest state can be taken back; begin with the one after this."))
        return _remove(spell)


def register_unemployed(*, resident_id, on, by, request=None):
    """Registered as unemployed on a day; somebody nobody had asked is recorded as looking for work as well."""
    with acting(posting=by, reason=_("Registered as unemployed"), request=request):
        history = _history(resident_id)
        known = list(history.resident.registrations.order_by("registered_on").values_list("registered_on", flat=True))
        _check_registration(history, on, known)
        if history.on(on) is None:
            _begin_state(history, on, UNEMPLOYED, {}, source=Source.VISIT, told_on=on, by=by)
        if on not in known:
            UnemploymentRegistration.objects.create(resident=history.resident, registered_on=on)
        ledger.rebuild([resident_id])


def _check_registration(history, on, known):
    if on > timezone.localdate():
        raise LedgerRefused("on", _("Nobody registers on a day to come."))
    if on < history.resident.birth_date:
        raise LedgerRefused("on", _("The registration lies before the birth date."))
    if not history.resident.works_from <= on < history.resident.retires_on:
        raise LedgerRefused("on", _("On this day the person is not of working age."))
    if known and on < known[-1]:
        raise LedgerRefused(
            "on", _("A later registration of %(day)s is known already.") % {"day": known[-1].isoformat()}
        )
    now = history.on(on)
    if now is not None and now.state != UNEMPLOYED:
        raise LedgerRefused(
            "on",
            _("On this day the person is “%(state)s” since %(day)s: record first that they look for work.")
            % {"state": now.get_state_display(), "day": now.started_on.isoformat()},
        )


def _employer(credit_code, name):
    if not credit_code:
        return None
    return Employer.objects.get_or_create(credit_code=credit_code, defaults={"name": name or credit_code})[0]


def _history(resident_id):
    resident = Resident.objects.select_for_update(of=("self",)).get(pk=resident_id)
    return History(resident, list(resident.labour_spells.order_by("started_on")))


def _spell_with_history(spell_id):
    found = LabourSpell.objects.get(pk=spell_id)
    history = _history(found.resident_id)
    spell = next((one for one in history.spells if one.pk == spell_id), None)
    if spell is None:
        raise LabourSpell.DoesNotExist
    return spell, history


def _begin_state(history, on, state, told, *, source, told_on, by):
    """The point at which the state begins; the same state already in force is confirmed instead."""
    told_on = told_on or timezone.localdate()
    now = history.on(on)
    if now and now.state == state and state != EMPLOYED and all(getattr(now, name) == told[name] for name in told):
        spell = _confirmed(now, min(on, told_on), source)
    else:
        _check_begin(history, on, state)
        values = {**told, "state": int(state), "source": source, "confirmed_on": max(on, told_on)}
        spell = _write(history, on, values, by)
    ledger.rebuild([history.resident.pk])
    return spell


def _check_begin(history, on, state):
    if on <= history.resident.birth_date:
        raise LedgerRefused("on", _("The state cannot start on or before the birth date."))
    last_stay = history.resident.memberships.filter(started_on__lte=on).order_by("started_on").last()
    if last_stay and last_stay.leave_reason == LeaveReason.DIED:
        raise LedgerRefused("on", _("The person died on %(day)s.") % {"day": last_stay.started_on.isoformat()})
    if last_stay and last_stay.household_id is None and on > last_stay.started_on:
        raise LedgerRefused(
            "on",
            _("The person left the community on %(day)s: record first that they came back.")
            % {"day": last_stay.started_on.isoformat()},
        )
    latest = history.latest
    if latest is None or on > latest.started_on:
        return
    if on == latest.started_on and (latest.state == state or latest.source == Source.ASSUMED):
        return
    raise LedgerRefused("on", _contradiction(latest))


def _contradiction(latest):
    day = {"day": latest.started_on.isoformat(), "state": latest.get_state_display()}
    if latest.started_on > timezone.localdate():
        return (
            _(
                "“%(state)s” is recorded from %(day)s on. If that does not come true, say so there first; "
                "else give a later day."
            )
            % day
        )
    return (
        _(
            "This contradicts the state “%(state)s” that started on %(day)s. Give a later day, or correct "
            "or take back that state first."
        )
        % day
    )


def _write(history, on, values, by):
    """A new point; the one of that very day takes the details told, and an assumed one yields to what was told."""
    latest = history.latest
    if latest is None or on > latest.started_on:
        before = history.on(on - timedelta(days=1))
        spell = LabourSpell.objects.create(resident=history.resident, started_on=on, **values)
        if before and before.state == EMPLOYED and spell.state != EMPLOYED:
            facts.tell(facts.JobEnded(history.resident.pk, on - timedelta(days=1), by))
        return spell
    if latest.state != values["state"]:
        latest.inactive_reason = ""
    for name, value in values.items():
        if value not in (None, ""):
            setattr(latest, name, max(value, latest.confirmed_on) if name == "confirmed_on" else value)
    latest.save()
    return latest


def _confirmed(spell, day, source):
    spell.confirmed_on = max(spell.confirmed_on, day)
    if spell.source == Source.ASSUMED:
        spell.source = source
    spell.save(update_fields=["confirmed_on", "source"])
    return spell


def _check_start(history, spell, starts):
    place = history.spells.index(spell)
    before = history.spells[place - 1].started_on if place else history.resident.birth_date
    after = history.spells[place + 1].started_on if place + 1 < len(history.spells) else None
    if starts <= before:
        raise LedgerRefused(
            "started_on",
            _("It must start after %(day)s, when the state before it starts.") % {"day": before.isoformat()}
            if place
            else _("The state cannot start on or before the birth date."),
        )
    if after and starts >= after:
        raise LedgerRefused(
            "started_on", _("It must start before %(day)s, when the next state starts.") % {"day": after.isoformat()}
        )


def _remove(spell):
    resident_id = spell.resident_id
    spell.delete()
    ledger.rebuild([resident_id])
    return resident_id
