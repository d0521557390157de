"""A look round one made-up city: written once for this module, since every test here only reads."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import transaction

from city.choices import ROLE_LEVELS, AreaKind, Role
from city.models import Area, Employer, Posting, Staff
from city.rules import normalise_id_number, sex_of
from households import ledger
from households.choices import Relation
from households.models import (
    HardshipCertification,
    LabourSpell,
    LedgerSpan,
    LowIncomeStatus,
    Membership,
    Resident,
    TransferRequest,
    UnemploymentRegistration,
    Visit,
    ZeroEmploymentEpisode,
)
from reports.synthetic.accounts import password
from reports.synthetic.founding import make_city

DAY = date(2026, 10, 31)
RESIDENTS = 2400


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """One city for all tests that only look at it, gone afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_city(residents=RESIDENTS, communities=12, seed=7, on=DAY)
        transaction.set_rollback(True)


@pytest.fixture
def report(made, db):
    return made


def test_every_role_has_an_account_at_its_level_that_signs_in(report):
    levels = {code: level for level, codes in report["areas"].items() for code in codes}
    counts = Counter(account["role"] for account in report["accounts"])
    assert set(counts) == set(Role)
    assert all(counts[role] >= 2 for role in Role if not role.endswith("_admin"))
    clerks = {account["area"] for account in report["accounts"] if account["role"] == Role.STATION_CLERK}
    assert len(clerks) >= 2
    for account in report["accounts"]:
        assert levels[account["area"]] in ROLE_LEVELS[Role(account["role"])]
        assert Staff.objects.get(number=account["username"]).check_password(account["password"])
        posting = Posting.objects.in_force_on(DAY).get(staff__number=account["username"])
        assert (posting.role, posting.area.code) == (account["role"], account["area"])


def test_nobody_but_the_accounts_can_sign_in(report):
    named = {account["username"] for account in report["accounts"]}
    assert not any(staff.has_usable_password() for staff in Staff.objects.exclude(number__in=named))


def test_passwords_are_not_those_of_another_installation(settings):
    here = password(7, "clerk1")
    settings.SECRET_KEY = "another installation"
    assert password(7, "clerk1") != here != password(8, "clerk1")


def test_id_numbers_are_valid_unique_and_agree_with_the_person(report):
    people = list(Resident.objects.all())
    numbers = [person.id_number for person in people]
    assert len(set(numbers)) == len(numbers) == RESIDENTS
    for person in people:
        assert normalise_id_number(person.id_number) == person.id_number
        assert person.id_number[6:14] == f"{person.birth_date:%Y%m%d}"
        assert sex_of(person.id_number) == person.sex
        assert person.id_number[:4] == "3301"


def test_the_frame_has_every_kind_and_gaps(report):
    communities = Area.objects.communities()
    assert {kind for (kind,) in communities.values_list("kind")} == set(AreaKind)
    assert communities.filter(has_station=False).exists()
    assert communities.filter(main_city=True).exists()
    assert communities.filter(main_city=False).exists()
    assert Posting.objects.exclude(grid=None).exists()
    assert Employer.objects.exists()
    for area in Area.objects.exclude(parent=None).select_related("parent"):
        assert area.path == f"{area.parent.path}{area.pk}/"


def test_households_come_in_every_shape(report):
    sizes = Counter(Membership.objects.exclude(household=None).values_list("household", flat=True))
    assert {1, 2, 3, 4, 5, 6} <= set(sizes.values())
    assert set(Membership.objects.exclude(household=None).values_list("relation", flat=True)) == set(Relation)
    assert Membership.objects.filter(household=None).exists()
    assert LowIncomeStatus.objects.filter(low_income=False).exists()


def test_the_ledger_has_every_state_and_a_future(report):
    spans = LedgerSpan.objects.in_force_on(DAY).of_working_age_on(DAY)
    states = Counter(spans.values_list("state", flat=True))
    assert set(states) == {0, 1, 2, 3}
    assert 0.5 < sum(states.values()) / RESIDENTS < 0.72
    assert 0.94 < states[1] / (states[1] + states[2]) < 0.99
    reasons = LabourSpell.objects.filter(state=3).values_list("inactive_reason", flat=True).distinct()
    assert {"student", "retired", "unable", "unwilling"} <= set(reasons)
    assert LabourSpell.objects.filter(state=1, started_on__gt=DAY).exists()
    assert UnemploymentRegistration.objects.exists()
    assert HardshipCertification.objects.exclude(ended_on=None).exists()


def test_ages_sit_on_both_edges(report):
    near = timedelta(days=21)
    for edge in ("works_from", "retires_on"):
        around = Resident.objects.filter(**{f"{edge}__range": (DAY - near, DAY + near)})
        assert around.filter(**{f"{edge}__lte": DAY}).exists()
        assert around.filter(**{f"{edge}__gt": DAY}).exists()


def test_episodes_run_every_course_and_agree_with_the_ledger(report):
    episodes = ZeroEmploymentEpisode.objects.all()
    assert episodes.open_on(DAY).exists()
    assert episodes.exclude(eliminated_on=None).exists()
    assert episodes.exclude(withdrawn_on=None).exists()
    assert episodes.open_on(DAY).filter(certified_on__lt=DAY.replace(month=1, day=1)).exists()
    assert any(number > 1 for number in Counter(episodes.values_list("household", flat=True)).values())
    for episode in episodes:
        workers = LedgerSpan.objects.filter(household=episode.household, state=1)
        assert not workers.in_force_on(episode.certified_on).exists()
        if episode.eliminated_on:
            assert workers.in_force_on(episode.eliminated_on).exists()
    assert Visit.objects.filter(household__episodes__isnull=False, visited_on__lte=DAY).exists()


def test_objects_are_where_they_are_said_to_be(report):
    objects = report["objects"]
    for name, model in {"visit": Visit, "episode": ZeroEmploymentEpisode}.items():
        for code, ids in objects[name].items():
            assert model.objects.filter(pk__in=ids, household__community__code=code).count() == len(ids)
    for code, ids in objects["resident"].items():
        assert Resident.objects.filter(pk__in=ids, community__code=code).count() == len(ids)
    for code, ids in objects["transferrequest"].items():
        assert TransferRequest.objects.filter(pk__in=ids, household__community__code=code).count() == len(ids)


def test_new_rows_follow_those_of_the_city(report):
    last = Area.objects.order_by("-pk").first()
    new = Area.objects.create(level="grid", name="另一网格", parent=last.parent, path=f"{last.parent.path}x/")
    assert new.pk > last.pk


def test_the_spans_are_those_of_a_rebuild(report):
    assert ledger.check() == {"persons": RESIDENTS, "differ": 0}
