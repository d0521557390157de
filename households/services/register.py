"""The register: households with their members, and who lives where from which day on.

Every move writes a change point of the person (`Membership`); none overwrites one. What contradicts the history
raises `LedgerRefused(field, message)`; of a household with its members all that is wrong comes back at once.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from city import facts
from city.ciphers import keyed_hash
from city.trail import acting
from households import ledger
from households.choices import LabourState, Relation, Source
from households.ledger import LedgerRefused
from households.models import Household, LowIncomeStatus, Membership, Resident
from households.services import labour


class RegisterRefused(Exception):
    """All that stands against a household: `errors` are (place of the member or None, field, message)."""

    def __init__(self, errors):
        super().__init__("; ".join(str(message) for _place, _field, message in errors))
        self.errors = errors


@dataclass(frozen=True)
class Known:
    """A person who is in the register already. Where one lives who is not `here` is told to nobody."""

    resident: Resident
    here: bool


def known_by_number(id_number, posting):
    """Who has this ID number, or None."""
    found = Resident.objects.filter(id_hash=keyed_hash(id_number)).first() if id_number else None
    return found and Known(found, Resident.objects.visible_to(posting).filter(pk=found.pk).exists())


def known_by_name(name, birth_date, posting):
    """People of the posting's area of this name and birth date: without a number one can only ask who it is."""
    return list(Resident.objects.visible_to(posting).filter(name=name, birth_date=birth_date).order_by("pk")[:10])


def register_household(
    *, community, number, members, by, address="", grid=None, low_income=None, on=None, request=None
):
    """A household nobody knew, with its members. `low_income` (None: not told) counts from `on`, today by default."""
    with acting(posting=by, reason=_("Household registered"), request=request):
        errors = _against_members(members, by)
        if Household.objects.filter(community=community, number=number).exists():
            errors.append((None, "number", _("There is a household of this number already.")))
        heads = [place for place, member in enumerate(members) if member.relation == Relation.HEAD]
        if not heads:
            errors.append((0, "relation", _("One member must be the head of the household.")))
        errors += [(place, "relation", _("There is one head only.")) for place in heads[1:]]
        if errors:
            raise RegisterRefused(errors)
        try:
            household = _new_household(community=community, number=number, address=address, grid=grid)
        except IntegrityError:
            raise RegisterRefused([(None, "number", _("There is a household of this number already."))]) from None
        if low_income is not None:
            LowIncomeStatus.objects.create(
                household=household, started_on=on or timezone.localdate(), low_income=low_income
            )
        _take_in(household, members, by, request)
        return household


def add_member(*, household_id, member, by, request=None):
    """A person nobody knew joins a household. Returns the resident."""
    with acting(posting=by, reason=_("Member added"), request=request):
        household = _held(household_id)
        errors = _against_members([member], by)
        if member.relation == Relation.HEAD and _head_of(household, timezone.localdate()):
            errors.append((0, "relation", _("There is one head only.")))
        if errors:
            raise RegisterRefused(errors)
        return _take_in(household, [member], by, request)[0]


def _against_members(members, by):
    errors, seen = [], set()
    for place, member in enumerate(members):
        identity = member.identity
        if identity.birth_date > timezone.localdate():
            field = "id_number" if identity.id_number else "birth_date"
            errors.append((place, field, _("The birth date lies in the future.")))
        if member.since and member.since <= identity.birth_date:
            errors.append((place, "since", _("Nobody moves in on or before the birth date: leave it empty.")))
        if not identity.id_number:
            continue
        if identity.id_hash in seen:
            errors.append((place, "id_number", _("This ID number stands twice here.")))
        seen.add(identity.id_hash)
        known = known_by_number(identity.id_number, by)
        if known:
            errors.append((place, "id_number", _known_words(known)))
    return errors


def _known_words(known):
    if known.here:
        return _("This person is known already in your area: open the file and move them into the household.")
    return _("This person is known in another area: ask for a transfer from the page of the household.")


def _take_in(household, members, by, request):
    residents, errors = [], []
    for place, member in enumerate(members):
        try:
            resident = _new_resident(member)
        except IntegrityError:
            errors.append((place, "id_number", _("This person was registered a moment ago.")))
            continue
        residents.append(resident)
        since = member.since or resident.birth_date
        Membership.objects.create(resident=resident, started_on=since, household=household, relation=member.relation)
        try:
            _begin_first_state(resident, member.first_state, by, request)
        except LedgerRefused as refused:
            errors.append((place, "state_on", refused.message))
    if errors:
        raise RegisterRefused(errors)
    ledger.rebuild([resident.pk for resident in residents])
    return residents


@transaction.atomic
def _new_resident(member):
    return Resident.objects.create(
        **member.identity.values(),
        phone=member.phone,
        phone_hash=keyed_hash(member.phone) if member.phone else None,
        hukou=member.hukou,
        education=member.education,
        landless=member.landless,
        land_acquired_on=member.land_acquired_on,
    )


@transaction.atomic
def _new_household(**values):
    return Household.objects.create(**values)


def _begin_first_state(resident, first, by, request):
    if first is None:
        return
    terms = {"resident_id": resident.pk, "on": first.on, "source": Source.VISIT, "by": by, "request": request}
    if first.state == LabourState.EMPLOYED:
        labour.found_work(channel=first.channel, **terms)
    elif first.state == LabourState.UNEMPLOYED:
        labour.looking(**terms)
    else:
        labour.became_inactive(reason=first.reason, **terms)


def move_member(*, resident_id, household_id, relation, on, by, new_head_id=None, request=None):
    """Lives in the household from `on`, whether coming from another one or back after having left.

    In the same household it is a new relation to the head from that day on.
    """
    with acting(posting=by, reason=_("Moved"), request=request):
        resident = _held_resident(resident_id)
        household = _held(household_id)
        _move(resident, household, relation, on, by, new_head_id)
        ledger.rebuild([resident_id])


def split_household(*, household_id, members, number, on, by, address="", grid=None, new_head_id=None, request=None):
    """Some members found a household of their own: `members` is {resident id: relation}, one of them its head."""
    with acting(posting=by, reason=_("Household split"), request=request):
        origin = _held(household_id)
        if Household.objects.filter(community=origin.community_id, number=number).exists():
            raise LedgerRefused("number", _("There is a household of this number already."))
        if list(members.values()).count(Relation.HEAD) != 1:
            raise LedgerRefused("members", _("One of them must be the head of the new household, and one only."))
        household = Household.objects.create(
            community=origin.community, number=number, address=address or origin.address, grid=grid or origin.grid
        )
        if set(_members_on(origin, on)) <= members.keys():
            raise LedgerRefused("members", _("Somebody must stay; a household that moves as a whole only moves."))
        _move_all(origin, household, members, on, by, new_head_id)
        return household


def merge_households(*, household_id, into_id, relations, on, by, request=None):
    """All who live in the first on the day live in the second from then on; `relations` is {resident id: relation}."""
    with acting(posting=by, reason=_("Households merged"), request=request):
        if household_id == into_id:
            raise LedgerRefused("into", _("Choose another household."))
        held = {one.pk: one for one in map(_held, sorted({household_id, into_id}))}
        origin, household = held[household_id], held[into_id]
        if origin.community_id != household.community_id:
            raise LedgerRefused("into", _("Both households must lie in one community."))
        members = _members_on(origin, on)
        if not members:
            raise LedgerRefused("on", _("Nobody lives in this household on that day."))
        _move_all(origin, household, {key: relations.get(key, Relation.OTHER) for key in members}, on, by, None)


def leave(*, resident_id, on, reason, by, new_head_id=None, request=None):
    """No resident any more from `on`: moved away, died, lost, other. Told twice it is one."""
    with acting(posting=by, reason=_("Left"), request=request):
        resident = _held_resident(resident_id)
        stay = _stay_before(resident, on)
        latest = resident.memberships.order_by("started_on").last()
        if latest and latest.started_on == on and latest.household_id is None and latest.leave_reason == reason:
            return
        if stay is None or stay.household_id is None:
            raise LedgerRefused("on", _("On the day before, this person lived in no household here."))
        _held(stay.household_id)
        check_may_leave(stay.household, [resident_id], on)
        _check_stay(resident, latest, on)
        Membership.objects.create(resident=resident, started_on=on, leave_reason=reason)
        _give_head(stay, on, new_head_id)
        facts.tell(facts.PersonLeft(resident_id, stay.household_id, on, str(reason), by))
        ledger.rebuild([resident_id])


def cancel_move(*, membership_id, by, request=None):
    """A move that lies ahead did not come true: its point is taken away."""
    with acting(posting=by, reason=_("Did not come true"), request=request):
        point = Membership.objects.get(pk=membership_id)
        resident = _held_resident(point.resident_id)
        if point.started_on <= timezone.localdate():
            raise LedgerRefused("on", _("This move has happened; record where the person lives now."))
        if not resident.memberships.exclude(pk=point.pk).exists():
            raise LedgerRefused("on", _("The person would have lived nowhere; record where they live now."))
        point.delete()
        ledger.rebuild([resident.pk])


def take_back_move(*, membership_id, by, request=None):
    """The latest move or leaving was entered by mistake: its point is taken away, the trail keeps what it said.

    Who became head because of it hands back. What lapsed when the person left is not opened again.
    """
    with acting(posting=by, reason=_("Taken back: entered by mistake"), request=request):
        resident = _held_resident(Membership.objects.get(pk=membership_id).resident_id)
        point = resident.memberships.select_related("household").order_by("started_on").last()
        if point.pk != membership_id:
            raise LedgerRefused("on", _("Only the latest move can be taken back; begin with the one after this."))
        before = _stay_before(resident, point.started_on)
        _check_take_back(resident, point, before, by)
        point.delete()
        if before.relation == Relation.HEAD:
            _take_head_back(before.household, resident, point.started_on)
        if before.household_id is None:
            facts.tell(facts.PersonLeft(resident.pk, point.household_id, point.started_on, before.leave_reason, by))
        ledger.rebuild([resident.pk])


def check_may_leave(household, leaving, on):
    """The last member of a household with an open episode stays until the street withdraws the episode."""
    if not household.episodes.filter(eliminated_on=None, withdrawn_on=None).exists():
        return
    if not set(_members_on(household, on, staying=True)) - set(leaving):
        raise LedgerRefused("on", ledger.nobody_left(household.number))


def _held(household_id):
    return Household.objects.select_for_update(of=("self",)).select_related("community", "grid").get(pk=household_id)


def _held_resident(resident_id):
    return Resident.objects.select_for_update(of=("self",)).get(pk=resident_id)


def _members_on(household, day, staying=False):
    """{resident id: relation} of who lives there on the day; `staying`: and is not recorded to move out later."""
    points = Membership.objects.filter(resident__memberships__household=household).order_by("started_on")
    points = list(points.values_list("resident_id", "started_on", "household_id", "relation").distinct())
    now = {key: (home, relation) for key, since, home, relation in points if since <= day}
    last = {key: home for key, _since, home, _relation in points}
    return {
        key: relation
        for key, (home, relation) in now.items()
        if home == household.pk and (not staying or last[key] == household.pk)
    }


def _head_of(household, day):
    return next((key for key, relation in _members_on(household, day).items() if relation == Relation.HEAD), None)


def _stay_before(resident, on):
    return resident.memberships.filter(started_on__lt=on).select_related("household").order_by("started_on").last()


def _check_stay(resident, latest, on):
    if on <= resident.birth_date:
        raise LedgerRefused("on", _("Nobody moves on or before the birth date."))
    if latest is None or on > latest.started_on:
        return
    day = {"day": latest.started_on.isoformat()}
    if latest.started_on > timezone.localdate():
        raise LedgerRefused(
            "on",
            _("A move is recorded for %(day)s. If that does not come true, say so there first; else give a later day.")
            % day,
        )
    raise LedgerRefused("on", _("A move of %(day)s is known already: give a later day.") % day)


def _move(resident, household, relation, on, by, new_head_id):
    stay = _stay_before(resident, on)
    latest = resident.memberships.order_by("started_on").last()
    stays_put = stay is not None and stay.household_id == household.pk
    if stays_put and stay.relation == relation:
        raise LedgerRefused("household", _("This person lives there already."))
    _check_stay(resident, latest, on)
    head = _head_of(household, on)
    if relation == Relation.HEAD and head not in (None, resident.pk):
        raise LedgerRefused("relation", _("This household has a head already."))
    if stay is not None and stay.household_id and not stays_put:
        check_may_leave(stay.household, [resident.pk], on)
    Membership.objects.create(resident=resident, started_on=on, household=household, relation=relation)
    if stay is not None and stay.household_id:
        _give_head(stay, on, new_head_id)


def _move_all(origin, household, members, on, by, new_head_id):
    check_may_leave(origin, members.keys(), on)
    head = _head_of(household, on)
    if head and Relation.HEAD in members.values():
        raise LedgerRefused("members", _("This household has a head already."))
    residents = Resident.objects.select_for_update(of=("self",)).filter(pk__in=members).order_by("pk")
    left = None
    for resident in residents:
        stay = _stay_before(resident, on)
        if stay is None or stay.household_id != origin.pk:
            raise LedgerRefused("on", _("%(name)s did not live here the day before.") % {"name": resident.name})
        _check_stay(resident, resident.memberships.order_by("started_on").last(), on)
        Membership.objects.create(resident=resident, started_on=on, household=household, relation=members[resident.pk])
        left = stay if stay.relation == Relation.HEAD else left
    if left:
        _give_head(left, on, new_head_id)
    ledger.rebuild(members)


def _check_take_back(resident, point, before, by):
    if before is None:
        raise LedgerRefused("on", _("This is where the person was first registered, not a move."))
    places = {key: _held(key) for key in sorted({before.household_id, point.household_id} - {None})}
    if any(not place.community.path.startswith(by.area.path) for place in places.values()):
        raise LedgerRefused(
            "on", _("The person came from another community: its station asks for them back by a transfer.")
        )
    for place in places.values():
        _check_nothing_built(place, resident, point.started_on)
    if point.household_id not in (None, before.household_id):
        check_may_leave(places[point.household_id], [resident.pk], point.started_on)
        _check_not_visited(resident, point)


def _check_nothing_built(household, resident, since):
    """A declaration or an episode since that day reckoned with who lived there."""
    words = {"number": household.number}
    if household.declarations.under_way().filter(declared_on__gte=since).exists():
        raise LedgerRefused(
            "on",
            _("Household %(number)s was declared to be without work since: its declaration is taken back first.")
            % words,
        )
    counted = Q(certified_on__gte=since) | Q(worker=resident, eliminated_on__gte=since)
    if household.episodes.filter(counted, withdrawn_on=None).exists():
        raise LedgerRefused(
            "on", _("A zero-employment episode of household %(number)s was certified or ended since.") % words
        )


def _check_not_visited(resident, point):
    told = resident.visit_reports.filter(
        visit__household=point.household, visit__visited_on__gte=point.started_on, visit__superseded=False
    )
    if told.exists():
        raise LedgerRefused(
            "on",
            _("A visit to household %(number)s told about this person since.") % {"number": point.household.number},
        )


def _take_head_back(household, resident, on):
    """Who was made head when this person went is again what they were; a head of any other day stays one."""
    for other, relation in _members_on(household, timezone.localdate()).items():
        if relation != Relation.HEAD or other == resident.pk:
            continue
        made = Membership.objects.filter(resident=other).order_by("started_on").last()
        before = _stay_before(made.resident, on)
        if made.started_on != on or before is None or before.household_id != household.pk:
            raise LedgerRefused("on", _("%(name)s heads the household since.") % {"name": made.resident.name})
        made.delete()
        ledger.rebuild([other])


def _give_head(stay, on, new_head_id):
    """Who heads the household that its head has left: a new relation from that day on."""
    if stay.relation != Relation.HEAD or not new_head_id:
        return
    members = _members_on(stay.household, on)
    if new_head_id not in members:
        raise LedgerRefused("new_head", _("Choose somebody who lives there on that day."))
    latest = Membership.objects.filter(resident=new_head_id).order_by("started_on").last()
    if latest.started_on == on and latest.household_id == stay.household_id:
        latest.relation = Relation.HEAD
        latest.save(update_fields=["relation"])
    else:
        _check_stay(Resident.objects.get(pk=new_head_id), latest, on)
        Membership.objects.create(
            resident_id=new_head_id, started_on=on, household_id=stay.household_id, relation=Relation.HEAD
        )
    ledger.rebuild([new_head_id])
