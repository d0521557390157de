import uuid
from datetime import date, timedelta

import pytest
from django.utils import timezone

from city.choices import AreaLevel
from city.models import (
    AreaCode,
    Clock,
    ClockPause,
    Draft,
    Finding,
    IdempotencyKey,
    MinimumWage,
    NumberSeries,
    Objection,
    Parameter,
    PolicyDocument,
    Run,
    StoredFile,
    TrailBlock,
)
from tests.city.factories import AreaFactory, EmployerFactory, NoticeFactory, PostingFactory, StaffFactory
from tests.constraints import assert_refused, named

pytestmark = pytest.mark.django_db
D = date(2026, 10, 1)


def grid(**values):
    return AreaFactory(**{"level": AreaLevel.GRID, "code": None, "name": "one"} | values)


def grids_twice():
    community = AreaFactory(community=True)
    for _number in range(2):
        grid(parent=community)


def twice(make):
    """Makes the same row again."""

    def write():
        for _number in range(2):
            make()

    return write


def codes_twice():
    area = AreaFactory()
    for _number in range(2):
        AreaCode.objects.create(area=area, code="330199000000")


def rows_of_an_area(model, **values):
    def write():
        area = AreaFactory()
        for _number in range(2):
            model.objects.create(area=area, in_force_from=D, **values)

    return write


def postings_twice():
    first = PostingFactory()
    PostingFactory(staff=first.staff, area=first.area)


def coordinators_twice():
    one = grid(parent=AreaFactory(community=True))
    for _number in range(2):
        PostingFactory(area=one.parent, grid=one)


def keys_twice():
    posting, key = PostingFactory(), uuid.uuid4()
    for _number in range(2):
        IdempotencyKey.objects.create(posting=posting, key=key, answer="/")


NOW = timezone.now()
BEFORE = NOW - timedelta(hours=1)


def clock(**values):
    return Clock.objects.create(**{"unit": "hours", "allowance": 72, "started_at": NOW} | values)


def pauses_twice():
    one = clock()
    for _number in range(2):
        ClockPause.objects.create(clock=one, reason="ill", paused_at=NOW)


def objection_without_an_answer():
    Objection.objects.create(notice=NoticeFactory(), words="no", received_at=NOW, upheld=True, answered_at=NOW)


def findings_twice():
    area = AreaFactory()
    for _number in range(2):
        Finding.objects.create(kind="a", key="1", area=area, found_on=D, seen_on=D)


def finding_explained_without_a_reason():
    Finding.objects.create(kind="a", key="1", area=AreaFactory(), found_on=D, seen_on=D, state="explained")


def series_twice():
    area = AreaFactory()
    for _number in range(2):
        NumberSeries.objects.create(name="card", area=area, year=2026)


def drafts_twice():
    posting = PostingFactory()
    for _number in range(2):
        Draft.objects.create(posting=posting, form="visit", key="1")


NAME = uuid.uuid4()
CASES = {
    "area_grid_name_unique": grids_twice,
    "area_only_a_city_has_no_parent": lambda: AreaFactory(level=AreaLevel.DISTRICT),
    "area_only_a_grid_has_no_code": lambda: AreaFactory(code=None),
    "areacode_unique": codes_twice,
    "staff_number_unique": twice(lambda: StaffFactory(number="1")),
    "staff_one_account_per_person": twice(lambda: StaffFactory(id_hash=NAME)),
    "posting_ends_on_or_after_start": lambda: PostingFactory(started_on=D, ended_on=date(2026, 9, 30)),
    "posting_unique": postings_twice,
    "posting_one_coordinator_per_grid": coordinators_twice,
    "storedfile_stored_as_unique": twice(
        lambda: StoredFile.objects.create(name="a", content_type="text/csv", size=1, sha256="0", stored_as=NAME)
    ),
    "run_one_per_job_and_day": twice(lambda: Run.objects.create(job="night", business_day=D)),
    "policydocument_number_unique": twice(lambda: PolicyDocument.objects.create(number="1")),
    "parameter_one_value_a_day": rows_of_an_area(Parameter, name="judgement_months", value=1),
    "minimumwage_one_a_day": rows_of_an_area(MinimumWage, monthly=2490),
    "minimumwage_positive": rows_of_an_area(MinimumWage, monthly=0),
    "employer_credit_code_unique": twice(lambda: EmployerFactory(credit_code="1")),
    "trailblock_last_entry_unique": twice(
        lambda: TrailBlock.objects.create(first_entry=1, last_entry=2, entries=2, digest="0")
    ),
    "idempotencykey_once": keys_twice,
    "clock_due_after_start": lambda: clock(due_at=BEFORE),
    "clock_stops_after_start": lambda: clock(stopped_at=BEFORE),
    "clockpause_one_open": pauses_twice,
    "clockpause_in_order": lambda: ClockPause.objects.create(
        clock=clock(), reason="ill", paused_at=NOW, resumed_at=BEFORE
    ),
    "objection_answered_whole": objection_without_an_answer,
    "finding_unique": findings_twice,
    "finding_reason_when_explained": finding_explained_without_a_reason,
    "numberseries_unique": series_twice,
    "draft_unique": drafts_twice,
}


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses(name):
    assert_refused("city", name, CASES[name])


def test_every_constraint_is_tried():
    assert set(named("city")) == set(CASES)


def test_a_district_with_a_code_and_a_superior_is_fine():
    assert AreaFactory(district=True).path_ids[-1]
