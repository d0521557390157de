"""How a roster row meets the change points there are: memberships, labour spells, registrations, certifications.

`check` tells what stands against the row and writes nothing; `gather` assumes that nothing does.
"""

from django.utils.translation import gettext as _

from households.choices import InactiveReason, LabourState, Source
from households.models import LabourSpell, Membership
from households.sheets.states import day_before

EMPLOYED, UNEMPLOYED, INACTIVE = (
    LabourState.EMPLOYED.value,
    LabourState.UNEMPLOYED.value,
    LabourState.INACTIVE.value,
)


def check(entry, person, home, on):
    row = entry.row
    if entry.left_on and entry.left_on <= on and home:
        stay = person.stay_on(day_before(entry.left_on))
        if person.stays and (stay is None or stay.home_id is None or stay.home_id != home.id):
            row.refuse("户号", _("On the day before 离开日期 this person did not live in this household."))
    if entry.state and entry.state_on and person.spells and not _is_known_or_later(entry, person.spells):
        row.refuse(
            "状态起始日期",
            _("The row contradicts a state that started on %(day)s; correct it on the resident's page.")
            % {"day": person.spells[-1].started_on.isoformat()},
        )
    if entry.registered_on and person.registrations and entry.registered_on not in person.registrations:
        latest = max(person.registrations)
        if entry.registered_on < latest:
            row.refuse(
                "失业登记日期",
                _("A later registration of %(day)s is known already.") % {"day": latest.isoformat()},
            )


def _is_known_or_later(entry, spells):
    if entry.state_on > spells[-1].started_on:
        return True
    told = (entry.state, entry.state_on)
    return told in [(spell.state, spell.started_on) for spell in spells]


def gather(entry, person, home, workplace, writes, on):
    """Add what the row changes to `writes`; whether it changes anything."""
    changed = gather_stays(entry, person, home, writes, on)
    changed |= gather_spell(entry, person, workplace, writes)
    if entry.registered_on and entry.registered_on not in person.registrations:
        writes.registrations.append((person, entry.registered_on))
        changed = True
    for category in entry.hardships or ():
        if (category, entry.hardship_on) not in person.hardships:
            writes.hardships.append((person, category, entry.hardship_on))
            changed = True
    return changed


def gather_stays(entry, person, home, writes, on):
    if not person.stays:
        # The first membership a sheet gives counts from birth: it does not say since when.
        writes.stays.append((person, person.birth_date, home, entry.relation, ""))
        if entry.left_on:
            writes.stays.append((person, entry.left_on, None, "", entry.leave_reason))
        return True
    has_left = entry.left_on and entry.left_on <= on
    changed = _stay_at_home(entry, person, home, writes, day_before(entry.left_on) if has_left else on)
    return _leave(entry, person, writes) or changed if entry.left_on else changed


def _stay_at_home(entry, person, home, writes, day):
    stay = person.stay_on(day)
    if stay and stay.home_id is not None and stay.home_id == home.id:
        if stay.relation == entry.relation:
            return False
        writes.changes[Membership][stay.id]["relation"] = entry.relation
        return True
    if stay and stay.started_on == day:
        writes.changes[Membership][stay.id].update(household_id=home, relation=entry.relation, leave_reason="")
        entry.touches_spans = True
    else:
        writes.stays.append((person, day, home, entry.relation, ""))
    return True


def _leave(entry, person, writes):
    stay = person.stay_from(entry.left_on)
    if stay is None:
        writes.stays.append((person, entry.left_on, None, "", entry.leave_reason))
        return True
    if stay.home_id is None and stay.leave_reason == entry.leave_reason:
        return False
    writes.changes[Membership][stay.id].update(household_id=None, relation="", leave_reason=entry.leave_reason)
    entry.touches_spans = True
    return True


def gather_spell(entry, person, workplace, writes):
    """A later start opens a spell; the latest one told again is corrected; an earlier one told again is known."""
    if not entry.state:
        return False
    latest = person.spells[-1] if person.spells else None
    if latest is None or entry.state_on > latest.started_on:
        writes.spells.append(_new_spell(entry, person, workplace))
        return True
    if entry.state_on != latest.started_on:
        return False
    changes = _corrections(entry, latest, workplace)
    if changes:
        writes.changes[LabourSpell][latest.id].update(changes)
        entry.touches_spans = True
    return bool(changes)


def _new_spell(entry, person, workplace):
    employed = entry.state == EMPLOYED
    reason = (entry.inactive_reason or InactiveReason.OTHER.value) if entry.state == INACTIVE else ""
    first = (entry.state_on, entry.state, reason, (entry.channel or "") if employed else "")
    rest = (
        (entry.employer_name or "") if employed else "",
        entry.contract_months if employed else None,
        entry.monthly_income if employed else None,
        entry.insured if employed else None,
        entry.confirmed_on,
        entry.source or Source.ROSTER.value,
    )
    return person, first, workplace, rest


_TOLD_OF = {
    EMPLOYED: ("source", "channel", "employer_name", "contract_months", "monthly_income", "insured"),
    INACTIVE: ("source", "inactive_reason"),
    UNEMPLOYED: ("source",),
}


def _corrections(entry, spell, workplace):
    changes = told_otherwise(_TOLD_OF[entry.state], entry, spell)
    if workplace and workplace.id != spell.employer_id:
        changes["employer_id"] = workplace
    if entry.confirmed_on > spell.confirmed_on:
        changes["confirmed_on"] = entry.confirmed_on
    return changes


def told_otherwise(names, entry, known):
    """`{name: value}` of what the row tells and the ledger does not say."""
    return {
        name: value for name in names if (value := getattr(entry, name)) is not None and value != getattr(known, name)
    }
