import uuid
from datetime import date, time

import pytest
from django.utils import timezone

from households.models import (
    Certificate,
    CertificateCheck,
    Declaration,
    FourClear,
    HardshipApplication,
    HouseholdTag,
    InsuranceMonth,
    LedgerSpan,
    LowIncomeStatus,
    OutsideFact,
    TransferRequest,
    VisitMember,
)
from tests.city.factories import AreaFactory
from tests.constraints import assert_refused, named
from tests.households.factories import (
    HardshipCertificationFactory,
    HouseholdFactory,
    LabourSpellFactory,
    MembershipFactory,
    ResidentFactory,
    UnemploymentRegistrationFactory,
    VisitFactory,
    ZeroEmploymentEpisodeFactory,
)

pytestmark = pytest.mark.django_db
D = date(2026, 10, 1)


def twice(factory, **values):
    """Writes the same row again."""

    def write():
        first = factory(**values)
        values_of_key = {field: getattr(first, field) for field in KEYS[factory]}
        factory(**values | values_of_key)

    return write


KEYS = {
    HouseholdFactory: ["community", "number"],
    MembershipFactory: ["resident", "started_on"],
    LabourSpellFactory: ["resident", "started_on"],
    UnemploymentRegistrationFactory: ["resident", "registered_on"],
    HardshipCertificationFactory: ["resident", "category", "certified_on"],
    VisitFactory: ["household", "visited_on", "way", "visitor"],
    ResidentFactory: ["id_number"],
}


def low_income_twice():
    household = HouseholdFactory()
    for low_income in (True, False):
        LowIncomeStatus.objects.create(household=household, started_on=D, low_income=low_income)


def transfer(**values):
    fields = {"origin": AreaFactory(community=True), "relation": "other", "moves_on": D}
    return TransferRequest.objects.create(
        **fields | {"resident": ResidentFactory(), "household": HouseholdFactory()} | values
    )


def transfer_twice():
    first = transfer()
    transfer(resident=first.resident, household=first.household)


def two_episodes(**values):
    home = HouseholdFactory()
    ZeroEmploymentEpisodeFactory(household=home, certified_on=D, **values)
    ZeroEmploymentEpisodeFactory(household=home, certified_on=D if values else date(2026, 10, 2))


def backward_span():
    resident, home = ResidentFactory(), HouseholdFactory()
    LedgerSpan.objects.create(
        resident=resident, household=home, community=home.community, state=1, works_from=D, retires_on=D,
        first_on=D, last_on=date(2026, 9, 30),
    )  # fmt: skip


def rows(model, count=2, **values):
    """Writes so many equal rows; callables among the values are made once."""

    def write():
        made = {name: value() if callable(value) else value for name, value in values.items()}
        for _number in range(count):
            model.objects.create(**made)

    return write


def certificate():
    return Certificate.objects.create(resident=ResidentFactory(), kind="employment", number="1", issued_on=D)


CASES = {
    "household_number_unique": twice(HouseholdFactory),
    "lowincomestatus_one_a_day": low_income_twice,
    "resident_id_number_unique": twice(ResidentFactory),
    "resident_has_a_number_or_a_reason": lambda: ResidentFactory(no_id_reason="lost"),
    "resident_window_in_order": lambda: ResidentFactory(works_from=date(1979, 1, 1)),
    "membership_one_a_day": twice(MembershipFactory),
    "membership_relation_or_leave_reason": lambda: MembershipFactory(household=None, leave_reason=""),
    "hardshipcertification_unique": twice(HardshipCertificationFactory),
    "hardshipcertification_ends_on_or_after_start": lambda: HardshipCertificationFactory(
        certified_on=D, ended_on=date(2026, 9, 30)
    ),
    "transferrequest_one_open": transfer_twice,
    "transferrequest_decided_at_matches_state": lambda: transfer(decided_at=timezone.now()),
    "labourspell_one_a_day": twice(LabourSpellFactory),
    "labourspell_reason_only_when_inactive": lambda: LabourSpellFactory(state=1, inactive_reason="student"),
    "labourspell_state_is_said": lambda: LabourSpellFactory(state=0),
    "labourspell_income_not_negative": lambda: LabourSpellFactory(monthly_income=-1),
    "unemploymentregistration_one_a_day": twice(UnemploymentRegistrationFactory),
    "ledgerspan_in_order": backward_span,
    "zeroemploymentepisode_one_a_day": lambda: two_episodes(eliminated_on=D),
    "zeroemploymentepisode_one_open": two_episodes,
    "zeroemploymentepisode_one_way_to_end": lambda: ZeroEmploymentEpisodeFactory(
        certified_on=D, eliminated_on=D, withdrawn_on=D
    ),
    "zeroemploymentepisode_ends_on_or_after_certified": lambda: ZeroEmploymentEpisodeFactory(
        certified_on=D, eliminated_on=date(2026, 9, 30)
    ),
    "zeroemploymentepisode_reason_with_withdrawal": lambda: ZeroEmploymentEpisodeFactory(
        certified_on=D, withdrawal_reason="moved"
    ),
    "visit_unique": twice(VisitFactory),
    "visit_in_vain_unique": twice(VisitFactory, outcome="nobody_in", visited_at=time(9, 30)),
    "visitmember_unique": rows(VisitMember, visit=VisitFactory, resident=ResidentFactory, report="unchanged"),
    "fourclear_one_a_day": rows(FourClear, resident=ResidentFactory, noted_on=D),
    "certificate_number_unique": rows(
        Certificate, resident=ResidentFactory, kind="employment", number="1", issued_on=D
    ),
    "certificate_ends_on_or_after_issue": rows(
        Certificate,
        1,
        resident=ResidentFactory,
        kind="employment",
        number="1",
        issued_on=D,
        ended_on=date(2026, 9, 30),
    ),
    "certificatecheck_one_a_day": rows(CertificateCheck, certificate=certificate, checked_on=D, passed=True),
    "hardshipapplication_one_open": rows(
        HardshipApplication, resident=ResidentFactory, category="disabled", proof="disability", proposed_on=D
    ),
    "declaration_one_under_way": rows(Declaration, household=HouseholdFactory, source="self", declared_on=D),
    "declaration_certified_with_an_episode": rows(
        Declaration,
        1,
        household=HouseholdFactory,
        source="self",
        declared_on=D,
        state="certified",
        visit=VisitFactory,
    ),
    "declaration_verified_with_a_visit": rows(
        Declaration, 1, household=HouseholdFactory, source="self", declared_on=D, state="verified"
    ),
    "householdtag_unique": rows(HouseholdTag, household=HouseholdFactory, kind="baseline", started_on=D),
    "insurancemonth_unique": rows(InsuranceMonth, id_hash=uuid.uuid4, month=D),
    "outsidefact_unique": rows(OutsideFact, id_hash=uuid.uuid4, kind="death", started_on=D),
    "outsidefact_in_order": rows(
        OutsideFact, 1, id_hash=uuid.uuid4, kind="death", started_on=D, ended_on=date(2026, 9, 30)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses(name):
    assert_refused("households", name, CASES[name])


def test_every_constraint_is_tried():
    assert set(named("households")) == set(CASES)
