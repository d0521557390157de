"""The register: households with their members, and every move with its day."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from city import facts
from city.choices import TrailOperation
from city.models import TrailAct, TrailEntry
from config.conflict import Conflict
from households import ledger
from households.choices import LabourState, LeaveReason, Relation, TransferState
from households.identity import FirstState, NewMember, identity_of
from households.ledger import LedgerRefused
from households.models import Household, LedgerSpan, Membership, Resident, TransferRequest
from households.services import register, transfers
from households.services.register import RegisterRefused
from tests.city.factories import PostingFactory
from tests.desks import elsewhere, superior
from tests.households.factories import (
    DeclarationFactory,
    HouseholdFactory,
    MembershipFactory,
    ResidentFactory,
    VisitFactory,
    ZeroEmploymentEpisodeFactory,
    id_number_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
BORN = date(1980, 1, 1)


@pytest.fixture
def _today(time_machine):
    time_machine.move_to("2026-11-21T09:00+08:00")


@pytest.fixture
def home():
    return HouseholdFactory(number="7")


@pytest.fixture
def other(home):
    return HouseholdFactory(community=home.community, number="8")


@pytest.fixture
def by(home):
    return PostingFactory(area=home.community)


@pytest.fixture
def told():
    heard = []
    before = {name: list(handlers) for name, handlers in facts._handlers.items()}
    facts.subscribe(facts.PersonLeft, heard.append)
    yield heard
    facts._handlers.clear()
    facts._handlers.update(before)


def person(order, relation=Relation.HEAD, born=date(1975, 5, 5), sex="male", **values):
    return NewMember(identity_of(f"王{order}", id_number=id_number_of(born, sex, order)), relation, **values)


def living_in(household, relation=Relation.OTHER, **values):
    resident = ResidentFactory(birth_date=BORN, **values)
    MembershipFactory(resident=resident, household=household, started_on=BORN, relation=relation)
    ledger.rebuild([resident.pk])
    return resident


def home_on(resident, day):
    span = LedgerSpan.objects.in_force_on(day).filter(resident=resident).first()
    return span and span.household_id


def relation_of(resident):
    return resident.memberships.order_by("started_on").last().relation


def refusal(event, **terms):
    with pytest.raises(LedgerRefused) as refused:
        event(**terms)
    return refused.value


def test_what_follows_from_a_number_is_derived_once_for_all():
    identity = identity_of("单小红", id_number="11010519491231002X")
    assert (identity.sex, identity.birth_date, identity.initials) == ("female", date(1949, 12, 31), "SXH")
    assert (identity.works_from, identity.retires_on) == (date(1965, 12, 31), date(1999, 12, 31))
    later = identity_of("张", birth_date=date(1980, 2, 1), sex="female", female_retirement_age=55, no_id_reason="x")
    assert (later.id_hash, later.female_retirement_age, later.no_id_reason) == (None, 55, "x")
    assert identity_of("张", birth_date=date(1980, 2, 1), sex="male", female_retirement_age=55).retires_on > date(
        2040, 1, 1
    )


class TestHousehold:
    def register(self, by, **terms):
        values = {"number": "12", "members": [person(1)], **terms}
        return register.register_household(community=by.area, by=by, **values)

    def test_comes_with_all_its_members_and_their_states(self, by):
        household = self.register(
            by,
            members=[
                person(
                    1, phone="13900000001", first_state=FirstState(LabourState.EMPLOYED, date(2020, 1, 1), "flexible")
                ),
                person(
                    2, Relation.SPOUSE, sex="female", first_state=FirstState(LabourState.UNEMPLOYED, date(2026, 1, 1))
                ),
                person(
                    3,
                    Relation.CHILD,
                    born=date(2008, 1, 1),
                    first_state=FirstState(3, date(2024, 1, 1), reason="student"),
                ),
                person(4, Relation.PARENT, since=date(2025, 1, 1)),
            ],
            low_income=True,
            address="幸福路1号",
        )
        spans = LedgerSpan.objects.in_force_on(TODAY).filter(household=household)
        assert sorted(spans.values_list("state", flat=True)) == [0, 1, 2, 3]
        assert household.low_income_points.get().started_on == TODAY
        first = Resident.objects.get(name="王1")
        assert (first.phone, first.community) == ("13900000001", by.area)
        assert home_on(Resident.objects.get(name="王4"), date(2024, 12, 31)) is None
        assert ledger.check()["differ"] == 0

    def test_all_that_is_wrong_comes_back_at_once_and_nothing_is_written(self, by, home):
        here, there = living_in(home), living_in(HouseholdFactory(community=elsewhere(by.area)))
        numbers = [Resident.objects.get(pk=one.pk).id_number for one in (here, there)]
        members = [
            person(1),
            person(2),
            person(1, Relation.CHILD),
            NewMember(identity_of("甲", id_number=numbers[0]), Relation.CHILD),
            NewMember(identity_of("乙", id_number=numbers[1]), Relation.CHILD),
            person(5, Relation.OTHER, since=date(1975, 5, 5)),
        ]
        with pytest.raises(RegisterRefused) as refused:
            self.register(by, number="7", members=members)
        assert sorted((str(place), field) for place, field, _words in refused.value.errors) == [
            ("1", "relation"),
            ("2", "id_number"),
            ("3", "id_number"),
            ("4", "id_number"),
            ("5", "since"),
            ("None", "number"),
        ]
        assert Resident.objects.count() == 2

    def test_a_wrong_first_state_takes_everything_back(self, by):
        before_birth = FirstState(LabourState.UNEMPLOYED, date(1970, 1, 1))
        with pytest.raises(RegisterRefused) as refused:
            self.register(by, members=[person(1), person(2, Relation.SPOUSE, first_state=before_birth)])
        assert [(place, field) for place, field, _words in refused.value.errors] == [(1, "state_on")]
        assert not Household.objects.filter(number="12").exists()
        assert not Resident.objects.exists()

    def test_needs_a_head(self, by):
        with pytest.raises(RegisterRefused):
            self.register(by, members=[person(1, Relation.SPOUSE)])

    def test_where_somebody_lives_elsewhere_is_told_to_nobody(self, by):
        there = living_in(HouseholdFactory(community=elsewhere(by.area)))
        known = register.known_by_number(there.id_number, by)
        assert not known.here
        with pytest.raises(RegisterRefused) as refused:
            self.register(by, members=[NewMember(identity_of("甲", id_number=there.id_number), Relation.HEAD)])
        assert there.memberships.get().household.community.name not in str(refused.value)

    def test_without_a_number_the_name_and_birth_date_ask_who_it_is(self, by, home):
        here = living_in(home, name="李无号", id_number="", id_hash=None, no_id_reason="未办理")
        living_in(HouseholdFactory(community=elsewhere(by.area)), name="李无号")
        assert register.known_by_name("李无号", BORN, by) == [here]
        assert register.known_by_name("李无号", BORN + DAY, by) == []


class TestAddMember:
    def test_joins_the_household(self, by, home):
        resident = register.add_member(household_id=home.pk, member=person(1, since=TODAY), by=by)
        assert home_on(resident, TODAY) == home.pk

    def test_a_second_head_is_refused(self, by, home):
        living_in(home, Relation.HEAD)
        with pytest.raises(RegisterRefused):
            register.add_member(household_id=home.pk, member=person(1), by=by)
        register.add_member(household_id=home.pk, member=person(1, Relation.CHILD), by=by)


class TestMove:
    def test_from_a_day_on_and_the_days_before_stay(self, by, home, other):
        resident = living_in(home)
        terms = {"resident_id": resident.pk, "household_id": other.pk, "relation": Relation.CHILD, "by": by}
        register.move_member(on=date(2026, 11, 1), **terms)
        assert home_on(resident, date(2026, 10, 31)) == home.pk
        assert home_on(resident, date(2026, 11, 1)) == other.pk

    def test_a_move_to_come_is_known_today_and_may_not_come_true(self, by, home, other):
        resident = living_in(home)
        terms = {"resident_id": resident.pk, "household_id": other.pk, "relation": Relation.CHILD, "by": by}
        register.move_member(on=date(2026, 12, 1), **terms)
        assert "2026-12-01" in refusal(register.move_member, on=date(2026, 11, 25), **terms).message
        point = resident.memberships.get(household=other)
        register.cancel_move(membership_id=point.pk, by=by)
        assert home_on(resident, date(2026, 12, 1)) == home.pk

    def test_what_has_happened_is_not_cancelled(self, by, home):
        resident = living_in(home)
        refusal(register.cancel_move, membership_id=resident.memberships.get().pk, by=by)

    @pytest.mark.parametrize("on", [BORN, date(2026, 6, 1), date(2026, 6, 2)])
    def test_a_day_before_the_latest_move_is_refused(self, by, home, other, on):
        resident = living_in(home)
        MembershipFactory(resident=resident, household=other, started_on=date(2026, 6, 2))
        terms = {"household_id": home.pk, "relation": Relation.CHILD, "by": by}
        assert refusal(register.move_member, resident_id=resident.pk, on=on, **terms).field in ("on", "household")
        assert resident.memberships.count() == 2

    def test_who_lives_there_already_does_not_move_there(self, by, home):
        resident = living_in(home)
        terms = {"household_id": home.pk, "relation": Relation.OTHER, "on": TODAY, "by": by}
        assert refusal(register.move_member, resident_id=resident.pk, **terms).field == "household"

    def test_a_second_head_is_refused(self, by, home, other):
        living_in(other, Relation.HEAD)
        resident = living_in(home)
        terms = {"household_id": other.pk, "relation": Relation.HEAD, "on": TODAY, "by": by}
        assert refusal(register.move_member, resident_id=resident.pk, **terms).field == "relation"

    def test_the_head_hands_over(self, by, home, other):
        head, child = living_in(home, Relation.HEAD), living_in(home, Relation.CHILD)
        register.move_member(
            resident_id=head.pk,
            household_id=other.pk,
            relation=Relation.HEAD,
            on=TODAY,
            new_head_id=child.pk,
            by=by,
        )
        assert (relation_of(head), relation_of(child)) == (Relation.HEAD, Relation.HEAD)
        assert home_on(child, TODAY) == home.pk

    def test_back_after_having_left(self, by, home, other):
        resident = living_in(home)
        MembershipFactory(resident=resident, household=None, started_on=date(2026, 3, 1))
        terms = {"household_id": other.pk, "relation": Relation.CHILD, "by": by}
        register.move_member(resident_id=resident.pk, on=date(2026, 11, 1), **terms)
        assert home_on(resident, date(2026, 10, 31)) is None
        assert home_on(resident, date(2026, 11, 1)) == other.pk


class TestLeave:
    def test_no_resident_from_the_day_on_and_told(self, by, home, told):
        resident = living_in(home)
        register.leave(resident_id=resident.pk, on=date(2026, 11, 5), reason=LeaveReason.DIED, by=by)
        assert home_on(resident, date(2026, 11, 4)) == home.pk
        assert home_on(resident, date(2026, 11, 5)) is None
        assert told == [facts.PersonLeft(resident.pk, home.pk, date(2026, 11, 5), "died", by)]

    def test_told_twice_it_is_one(self, by, home, told):
        resident = living_in(home)
        for _time in range(2):
            register.leave(resident_id=resident.pk, on=TODAY, reason=LeaveReason.MOVED, by=by)
        assert (resident.memberships.count(), len(told)) == (2, 1)

    def test_who_has_left_does_not_leave_again(self, by, home):
        resident = living_in(home)
        register.leave(resident_id=resident.pk, on=date(2026, 11, 5), reason=LeaveReason.MOVED, by=by)
        refusal(register.leave, resident_id=resident.pk, on=TODAY, reason=LeaveReason.DIED, by=by)


class TestTheLastMemberOfAnOpenEpisode:
    @pytest.fixture(autouse=True)
    def _open(self, home):
        self.episode = ZeroEmploymentEpisodeFactory(household=home)

    def test_stays_until_the_street_withdraws(self, by, home, other):
        resident = living_in(home, Relation.HEAD)
        moving = {
            "resident_id": resident.pk,
            "household_id": other.pk,
            "relation": Relation.CHILD,
            "on": TODAY,
            "by": by,
        }
        leaving = {"resident_id": resident.pk, "reason": LeaveReason.MOVED, "on": TODAY, "by": by}
        joining = {"household_id": home.pk, "into_id": other.pk, "relations": {}, "on": TODAY, "by": by}
        for event, terms in (
            (register.move_member, moving),
            (register.leave, leaving),
            (register.merge_households, joining),
        ):
            assert home.number in refusal(event, **terms).message
        assert resident.memberships.count() == 1
        self.episode.withdrawn_on, self.episode.withdrawal_reason = TODAY, "moved"
        self.episode.save()
        register.leave(**leaving)

    def test_goes_freely_where_somebody_stays(self, by, home):
        first, _second = living_in(home), living_in(home)
        register.leave(resident_id=first.pk, reason=LeaveReason.MOVED, on=TODAY, by=by)

    def test_somebody_recorded_to_go_later_does_not_stay(self, by, home):
        first, second = living_in(home), living_in(home)
        register.leave(resident_id=first.pk, reason=LeaveReason.MOVED, on=date(2026, 12, 5), by=by)
        refusal(register.leave, resident_id=second.pk, reason=LeaveReason.MOVED, on=date(2026, 12, 1), by=by)

    def test_a_transfer_waits_too(self, by, home):
        resident = living_in(home)
        there = elsewhere(by.area)
        claimant = PostingFactory(area=there)
        transfer = transfers.ask(
            community=there,
            number="5",
            id_number=resident.id_number,
            name=resident.name,
            relation=Relation.CHILD,
            moves_on=date(2026, 11, 1),
            by=claimant,
        )
        city = PostingFactory(role="city_office", area=superior(there, "city"))
        with pytest.raises(transfers.CannotAgree):
            transfers.agree(transfer_id=transfer.pk, by=city)
        assert home_on(resident, TODAY) == home.pk


class TestSplit:
    def test_some_found_a_household_of_their_own(self, by, home):
        head, son, wife = (living_in(home, one) for one in (Relation.HEAD, Relation.CHILD, Relation.OTHER))
        new = register.split_household(
            household_id=home.pk,
            members={son.pk: Relation.HEAD, wife.pk: Relation.SPOUSE},
            number="99",
            on=date(2026, 11, 1),
            by=by,
        )
        assert {home_on(one, TODAY) for one in (son, wife)} == {new.pk}
        assert home_on(head, TODAY) == home.pk
        assert home_on(son, date(2026, 10, 31)) == home.pk

    @pytest.mark.parametrize(
        ("relations", "number", "field"),
        [
            ((None, Relation.CHILD), "99", "members"),
            ((Relation.HEAD, Relation.CHILD), "99", "members"),
            ((None, Relation.HEAD), "7", "number"),
        ],
        ids=["no head", "nobody stays", "number taken"],
    )
    def test_what_cannot_be(self, by, home, relations, number, field):
        people = [living_in(home, one) for one in (Relation.HEAD, Relation.CHILD)]
        members = {one.pk: relation for one, relation in zip(people, relations, strict=True) if relation}
        terms = {"household_id": home.pk, "members": members, "number": number, "on": TODAY, "by": by}
        assert refusal(register.split_household, **terms).field == field
        assert Membership.objects.count() == 2
        assert Household.objects.count() == 1


class TestMerge:
    def test_all_live_in_the_other_household_then(self, by, home, other):
        people = [living_in(home, one) for one in (Relation.HEAD, Relation.CHILD)]
        living_in(other, Relation.HEAD)
        relations = {people[0].pk: Relation.SPOUSE}
        register.merge_households(household_id=home.pk, into_id=other.pk, relations=relations, on=TODAY, by=by)
        assert {home_on(one, TODAY) for one in people} == {other.pk}
        assert [relation_of(one) for one in people] == [Relation.SPOUSE, Relation.OTHER]
        assert home_on(people[0], TODAY - DAY) == home.pk

    def test_not_with_itself_nor_across_the_border(self, by, home):
        living_in(home)
        far = HouseholdFactory(community=elsewhere(by.area))
        for into in (home, far):
            terms = {"household_id": home.pk, "into_id": into.pk, "relations": {}, "on": TODAY, "by": by}
            assert refusal(register.merge_households, **terms).field == "into"


class TestAskForATransfer:
    def ask(self, by, resident, **terms):
        values = {"name": resident.name, "id_number": resident.id_number, "number": "7", **terms}
        return transfers.ask(community=by.area, relation=Relation.CHILD, moves_on=date(2026, 11, 1), by=by, **values)

    def test_is_taken_once_both_sides_agree(self, by, home):
        resident = living_in(HouseholdFactory(community=elsewhere(by.area)), name="王小明")
        transfer = self.ask(by, resident)
        assert self.ask(by, resident) == transfer
        city = PostingFactory(role="city_office", area=superior(by.area, "city"))
        transfers.agree(transfer_id=transfer.pk, by=city)
        assert home_on(resident, TODAY) == home.pk
        with pytest.raises(Conflict):
            transfers.agree(transfer_id=transfer.pk, by=city)
        assert TransferRequest.objects.get().state == TransferState.ACCEPTED

    @pytest.mark.parametrize(
        ("terms", "field"), [({"name": "别人"}, "name"), ({"id_number": "370101190102039973"}, "id_number")]
    )
    def test_a_row_the_roster_would_refuse(self, by, home, terms, field):
        resident = living_in(HouseholdFactory(community=elsewhere(by.area)))
        with pytest.raises(LedgerRefused) as refused:
            self.ask(by, resident, **terms)
        assert refused.value.field == field

    def test_not_for_somebody_of_the_own_area(self, by, home):
        with pytest.raises(LedgerRefused):
            self.ask(by, living_in(home))


class TestTakingBackAMove:
    """A move entered by mistake, noticed after its day had come."""

    @pytest.fixture(autouse=True)
    def _in_english(self):
        with translation.override("en"):
            yield

    def take_back(self, resident, by, point=None):
        point = point or resident.memberships.order_by("started_on").last()
        register.take_back_move(membership_id=point.pk, by=by)

    def refused(self, resident, by):
        point = resident.memberships.order_by("started_on").last()
        before = list(Membership.objects.order_by("pk").values())
        words = refusal(register.take_back_move, membership_id=point.pk, by=by).message
        assert list(Membership.objects.order_by("pk").values()) == before
        return words

    def moved(self, resident, into, by, on=date(2026, 11, 1), **terms):
        values = {"relation": Relation.CHILD, **terms}
        register.move_member(resident_id=resident.pk, household_id=into.pk, on=on, by=by, **values)
        return resident

    def left(self, resident, by, on=date(2026, 11, 1), **terms):
        register.leave(resident_id=resident.pk, on=on, reason=LeaveReason.MOVED, by=by, **terms)
        return resident

    def test_the_person_lives_where_they_did_and_the_trail_keeps_it(self, by, home, other):
        resident = self.moved(living_in(home), other, by)
        self.take_back(resident, by)
        assert home_on(resident, TODAY) == home.pk
        assert resident.memberships.count() == 1
        act = TrailAct.objects.latest("pk")
        assert (act.staff, act.reason) == (by.staff, "Taken back: entered by mistake")
        kept = TrailEntry.objects.get(act=act, table="households_membership")
        assert (kept.operation, kept.before["household_id"]) == (TrailOperation.DELETE, other.pk)

    def test_a_leaving_and_the_head_hands_back(self, by, home):
        head, child = living_in(home, Relation.HEAD), living_in(home, Relation.CHILD)
        self.left(head, by, new_head_id=child.pk)
        self.take_back(head, by)
        assert (relation_of(head), relation_of(child)) == (Relation.HEAD, Relation.CHILD)
        assert home_on(head, TODAY) == home.pk
        assert child.memberships.count() == 1

    def test_a_head_chosen_on_another_day_stays(self, by, home):
        head, child = living_in(home, Relation.HEAD), living_in(home, Relation.CHILD)
        self.left(head, by)
        self.moved(child, home, by, relation=Relation.HEAD, on=date(2026, 11, 9))
        assert child.name in self.refused(head, by)

    def test_a_coming_back_is_told_as_the_leaving_it_was(self, by, home, told):
        resident = self.moved(self.left(living_in(home), by, on=date(2026, 10, 1)), home, by)
        told.clear()
        self.take_back(resident, by)
        assert home_on(resident, TODAY) is None
        assert told == [facts.PersonLeft(resident.pk, home.pk, date(2026, 11, 1), "moved", by)]

    def test_only_the_latest_and_never_the_first(self, by, home, other):
        resident = self.moved(living_in(home), other, by)
        self.left(resident, by, on=date(2026, 11, 9))
        middle = resident.memberships.get(household=other)
        assert "latest" in refusal(register.take_back_move, membership_id=middle.pk, by=by).message
        for _time in range(2):
            self.take_back(resident, by)
        assert "first registered" in self.refused(resident, by)

    def test_from_another_community_it_is_a_transfer(self, by, home):
        resident = ResidentFactory(birth_date=BORN)
        far = HouseholdFactory(community=elsewhere(home.community))
        MembershipFactory(resident=resident, household=far, started_on=BORN)
        MembershipFactory(resident=resident, household=home, started_on=date(2026, 11, 1))
        assert "transfer" in self.refused(resident, by)

    @pytest.mark.parametrize("place", ["home", "other"])
    def test_a_declaration_since_builds_on_it(self, by, home, other, place):
        resident = self.moved(living_in(home), other, by)
        household = {"home": home, "other": other}[place]
        declaration = DeclarationFactory(household=household, declared_on=date(2026, 11, 1))
        assert household.number in self.refused(resident, by)
        declaration.declared_on = date(2026, 10, 31)
        declaration.save()
        self.take_back(resident, by)

    @pytest.mark.parametrize("place", ["home", "other"])
    def test_an_episode_since_builds_on_it_unless_withdrawn(self, by, home, other, place):
        resident = self.moved(living_in(home), other, by)
        living_in(other)
        household = {"home": home, "other": other}[place]
        episode = ZeroEmploymentEpisodeFactory(household=household, certified_on=date(2026, 11, 1))
        assert household.number in self.refused(resident, by)
        episode.withdrawn_on, episode.withdrawal_reason = TODAY, "moved"
        episode.save()
        self.take_back(resident, by)

    def test_an_episode_their_job_ended_builds_on_it(self, by, home, other):
        resident = self.moved(living_in(home), other, by)
        ended = {"certified_on": date(2026, 5, 1), "eliminated_on": date(2026, 11, 1)}
        ZeroEmploymentEpisodeFactory(household=other, worker=resident, proof="contract", **ended)
        assert other.number in self.refused(resident, by)

    def test_the_last_member_of_an_open_episode_stays(self, by, home, other):
        resident = self.moved(living_in(home), other, by)
        ZeroEmploymentEpisodeFactory(household=other, certified_on=date(2026, 5, 1))
        assert "Nobody would be left" in self.refused(resident, by)

    def test_what_a_visit_told_there_builds_on_it(self, by, home, other):
        resident = self.moved(living_in(home), other, by)
        visit = VisitFactory(household=other, visited_on=date(2026, 11, 1))
        visit.members.create(resident=resident, report="unchanged")
        assert other.number in self.refused(resident, by)
        visit.superseded = True
        visit.save()
        self.take_back(resident, by)
