"""Doubts about claims: each kind on both sides of its edge, and what must be no doubt."""

import uuid
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from assistance.models import Attendance
from city.choices import EmployerKind
from city.models import Move, Parameter
from households import ledger
from households.choices import Channel, LabourState, LeaveReason, OutsideKind
from households.models import InsuranceMonth, OutsideFact
from placements.models import Business
from subsidies import doubts
from subsidies.choices import ClaimState, Doubt, LineStanding, Scheme
from subsidies.models import LineFinding
from subsidies.rules import digest_of
from subsidies.workflow import CLAIM
from tests.assistance.factories import EnrolmentFactory
from tests.city.factories import EmployerFactory, StaffFactory
from tests.desks import elsewhere
from tests.households.factories import HouseholdFactory, LabourSpellFactory, MembershipFactory, ResidentFactory
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory, FundFactory, PayeeAccountFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 20)
MONTH = date(2026, 7, 1)
CODE, OTHER = "91330100MA27XF6J85", "91330100MA27XF6J93"
UNEMPLOYED = LabourState.UNEMPLOYED


@pytest.fixture
def home():
    return HouseholdFactory()


@pytest.fixture
def employer():
    return EmployerFactory(credit_code=CODE, name="甲公司")


def person(home, employer=None, since=date(2026, 1, 1), **spell):
    spell = {"started_on": since, "employer": employer, "channel": Channel.EMPLOYER, **spell}
    return ResidentFactory(home=home, spell=spell)


def claimed(home, resident, scheme=Scheme.POST, month=MONTH, state=ClaimState.SUBMITTED, **values):
    """A line of a claim of its own; `employer` and `area` go to the claim."""
    told = {name: values.pop(name) for name in ("employer", "area", "paid_on", "fund", "period_to") if name in values}
    told = {"employer": None, "area": home.community, "period_to": month, **told}
    claim = ClaimFactory(scheme=scheme, period_from=month, state=state, **told)
    return ClaimLineFactory(claim=claim, resident=resident, month=month, **values)


def found(*lines, claim_ids=None):
    """The kinds of the open doubts, of some lines or of all."""
    ledger.rebuild()
    doubts.check(ON, claim_ids)
    rows = LineFinding.objects.filter(finding__state="open")
    if lines:
        rows = rows.filter(line__in=lines)
    return sorted(rows.values_list("finding__kind", flat=True))


def insured(resident, month=MONTH, name="甲公司", code=CODE):
    InsuranceMonth.objects.create(id_hash=resident.id_hash, month=month, employer_name=name, credit_code=code)


def fact(resident, kind, started_on, ended_on=None, place=""):
    OutsideFact.objects.create(
        id_hash=resident.id_hash, kind=kind, started_on=started_on, ended_on=ended_on, place=place, source="省平台"
    )


def step(claim, staff):
    Move.objects.create(
        workflow=CLAIM.name, key=claim.pk, action="enter", to_state="draft", staff=staff, at=claim.submitted_at
    )


def test_a_line_against_which_nothing_speaks_is_no_doubt(home, employer):
    one = person(home, employer)
    insured(one)
    claimed(home, one, employer=employer)
    claimed(home, one, Scheme.INSURANCE, employer=employer)
    assert found() == []


@pytest.mark.parametrize("kind", [OutsideKind.DEATH, OutsideKind.PENSION, OutsideKind.BUSINESS, OutsideKind.PRISON])
@pytest.mark.parametrize(("day", "is_found"), [(15, True), (16, False)])
def test_a_fact_counts_when_it_leaves_too_few_days_of_the_month(home, employer, kind, day, is_found):
    """A month needs fifteen days: a fact from the 16th on leaves them."""
    one = person(home, employer)
    line = claimed(home, one, employer=employer)
    fact(one, kind, date(2026, 7, day))
    doubt = {
        OutsideKind.DEATH: Doubt.DIED,
        OutsideKind.PENSION: Doubt.PENSION,
        OutsideKind.BUSINESS: Doubt.BUSINESS,
        OutsideKind.PRISON: Doubt.PRISON,
    }[kind]
    assert found(line) == ([doubt] if is_found else [])


def test_a_fact_that_ended_before_and_one_that_ends_in_the_month(home, employer):
    one, other = person(home, employer), person(home, employer)
    lines = [claimed(home, resident, employer=employer) for resident in (one, other)]
    fact(one, OutsideKind.PRISON, date(2025, 1, 1), date(2026, 6, 30))
    fact(other, OutsideKind.PRISON, date(2025, 1, 1), date(2026, 7, 20))
    assert found(lines[0]) == []
    assert found(lines[1]) == [Doubt.PRISON]


def test_what_is_not_paid_by_months_is_barred_by_a_whole_month_only(home):
    one = person(home)
    line = claimed(home, one, Scheme.APPRAISAL)
    fact(one, OutsideKind.PENSION, date(2026, 7, 2))
    assert found(line) == []
    OutsideFact.objects.update(started_on=MONTH)
    assert found(line) == [Doubt.PENSION]


def test_a_death_kept_in_the_register_counts_as_well(home, employer):
    one = person(home, employer)
    line = claimed(home, one, employer=employer)
    MembershipFactory(resident=one, started_on=date(2026, 6, 3), household=None, leave_reason=LeaveReason.DIED)
    assert found(line) == [Doubt.DIED]
    MembershipFactory(resident=one, started_on=date(2026, 6, 5), household=home)
    assert found(line) == []


def test_the_least_days_are_a_parameter(home, employer):
    one = person(home, employer)
    line = claimed(home, one, employer=employer)
    fact(one, OutsideKind.PENSION, date(2026, 7, 20))
    assert found(line) == []
    Parameter.objects.create(
        name="subsidy_month_min_days", area=home.community, in_force_from=date(2026, 1, 1), value=20
    )
    assert found(line) == [Doubt.PENSION]


def test_the_month_of_retirement_is_not_paid(home, employer):
    one = person(home, employer)
    one.retires_on = date(2026, 8, 1)
    one.save()
    lines = [claimed(home, one, month=month, employer=employer) for month in (MONTH, date(2026, 8, 1))]
    purchase = claimed(home, one, Scheme.POST_PURCHASE, month=date(2026, 8, 1), employer=employer)
    assert found(lines[0]) == []
    assert Doubt.RETIRED in found(lines[1])
    assert Doubt.RETIRED not in found(purchase)


@pytest.mark.parametrize(
    ("scheme", "name", "code", "is_found"),
    [
        (Scheme.POST, "甲公司", CODE, False),
        (Scheme.POST, "甲公司", "", False),
        (Scheme.POST, "乙公司", OTHER, True),
        (Scheme.POST, "乙公司", "", True),
        (Scheme.POST, "", "", False),
        (Scheme.INTRODUCTION, "乙公司", OTHER, False),
        (Scheme.TRAINING, "乙公司", OTHER, False),
    ],
)
def test_insured_by_another_employer_in_the_month(home, employer, scheme, name, code, is_found):
    one = person(home, employer)
    line = claimed(home, one, scheme, employer=employer)
    insured(one, name=name, code=code)
    assert (Doubt.ELSEWHERE in found(line)) == is_found


def test_insured_by_the_claimant_and_another_one(home, employer):
    one = person(home, employer)
    line = claimed(home, one, employer=employer)
    insured(one)
    insured(one, name="乙公司", code=OTHER)
    assert found(line) == [Doubt.ELSEWHERE]
    assert line.findings.get().finding.evidence["employers"] == [{"name": "乙公司", "code": OTHER}]


@pytest.mark.parametrize(("since", "is_found"), [(MONTH, True), (date(2026, 7, 2), False)])
def test_who_began_within_the_month_may_be_insured_by_the_former_employer(home, employer, since, is_found):
    one = person(home, employer, since=since)
    line = claimed(home, one, employer=employer)
    insured(one, name="乙公司", code=OTHER)
    assert (Doubt.ELSEWHERE in found(line)) == is_found


@pytest.mark.parametrize("channel", [Channel.DISPATCH, Channel.EMPLOYER])
def test_who_is_sent_by_a_dispatch_company_is_insured_by_it(home, employer, channel):
    EmployerFactory(credit_code=OTHER, name="乙公司", kind=EmployerKind.DISPATCH)
    one = person(home, employer, channel=channel)
    line = claimed(home, one, employer=employer)
    insured(one, name="乙公司", code=OTHER)
    assert found(line) == ([] if channel == Channel.DISPATCH else [Doubt.ELSEWHERE])


def test_flexible_work_and_an_employer_that_pays(home):
    one = person(home, channel=Channel.FLEXIBLE)
    line = claimed(home, one, Scheme.FLEXIBLE)
    insured(one, name="", code="")
    assert found(line) == []
    insured(one, name="乙公司", code=OTHER)
    assert found(line) == [Doubt.ELSEWHERE]


def test_insured_in_another_place(home, employer):
    one, same = person(home, employer), person(home, employer)
    lines = [claimed(home, resident, employer=employer) for resident in (one, same)]
    fact(one, OutsideKind.INSURED_ELSEWHERE, date(2026, 3, 1), place="省外某公司")
    fact(same, OutsideKind.INSURED_ELSEWHERE, date(2026, 3, 1), place="甲公司")
    assert found(lines[0]) == [Doubt.ELSEWHERE]
    assert found(lines[1]) == []


def test_a_business_of_ones_own_is_no_doubt_where_it_is_the_work_recorded(home, employer):
    at_work, flexible, own = (
        person(home, employer),
        person(home, channel=Channel.FLEXIBLE),
        person(home, channel=Channel.SELF_EMPLOYED),
    )
    lines = [
        claimed(home, at_work, employer=employer),
        claimed(home, flexible, Scheme.FLEXIBLE),
        claimed(home, own, Scheme.FLEXIBLE),
        claimed(home, flexible, Scheme.TRAINING),
    ]
    for resident in (at_work, flexible):
        fact(resident, OutsideKind.BUSINESS, date(2026, 1, 5))
    Business.objects.create(name="小店", owner=own, area=home.community, opened_on=date(2025, 1, 1))
    Business.objects.create(name="小店", owner=at_work, area=home.community, opened_on=date(2025, 1, 1))
    assert [found(line) for line in lines] == [[Doubt.BUSINESS], [Doubt.BUSINESS], [], []]


@pytest.mark.parametrize(
    ("scheme", "spell", "days"),
    [
        (Scheme.POST, {}, None),
        (Scheme.POST, {"since": date(2026, 7, 17)}, None),
        (Scheme.POST, {"since": date(2026, 7, 18)}, 14),
        (Scheme.POST, {"employer": None, "employer_name": "甲公司"}, None),
        (Scheme.POST, {"employer": None, "employer_name": "乙公司"}, 0),
        (Scheme.POST, {"state": UNEMPLOYED, "channel": ""}, 0),
        (Scheme.POST_CREATION, {"since": date(2026, 7, 31)}, None),
        (Scheme.POST_CREATION, {"since": date(2026, 8, 1)}, 0),
        (Scheme.INTRODUCTION, {"employer": None, "employer_name": "乙公司"}, None),
        (Scheme.INTRODUCTION, {"state": UNEMPLOYED, "channel": ""}, 0),
        (Scheme.TRAINING, {"state": UNEMPLOYED, "channel": ""}, None),
        (Scheme.TRANSPORT, {"state": UNEMPLOYED, "channel": ""}, None),
    ],
)
def test_not_at_work_there_by_the_ledger(home, employer, scheme, spell, days):
    one = person(home, **{"employer": employer, **spell})
    line = claimed(home, one, scheme, employer=employer)
    kinds = found(line)
    assert kinds == ([] if days is None else [Doubt.NOT_THERE])
    if kinds:
        assert line.findings.get().finding.evidence["days"] == days


def test_a_month_that_still_runs_may_become_a_whole_one(home, employer):
    one = person(home, employer)
    LabourSpellFactory(resident=one, started_on=date(2026, 11, 3), state=UNEMPLOYED)
    assert found(claimed(home, one, month=date(2026, 11, 1), employer=employer)) == []
    assert found(claimed(home, one, month=date(2026, 12, 1), employer=employer)) == []


@pytest.mark.parametrize(
    ("channel", "kinds"),
    [
        (Channel.FLEXIBLE, []),
        (Channel.SELF_EMPLOYED, []),
        (Channel.EMPLOYER, [Doubt.NOT_THERE]),
    ],
)
def test_flexible_work_by_the_ledger(home, channel, kinds):
    assert found(claimed(home, person(home, channel=channel), Scheme.FLEXIBLE)) == kinds


def test_work_that_ended_and_went_on_elsewhere_within_the_month(home, employer):
    one = person(home, employer)
    line = claimed(home, one, employer=employer)
    LabourSpellFactory(resident=one, started_on=date(2026, 7, 15), employer=EmployerFactory())
    assert found(line) == [Doubt.NOT_THERE]
    told = line.findings.get().finding.evidence["ledger"]
    assert [(stretch["from"], stretch["to"]) for stretch in told] == [
        ("2026-07-01", "2026-07-14"),
        ("2026-07-15", "2026-07-31"),
    ]


def test_two_schemes_that_exclude_each_other(home, employer):
    one = person(home, employer)
    post = claimed(home, one, employer=employer)
    insurance = claimed(home, one, Scheme.INSURANCE, employer=employer)
    insured(one)
    purchase = claimed(home, one, Scheme.POST_PURCHASE, employer=employer)
    training = claimed(home, one, Scheme.TRAINING)
    claimed(home, one, Scheme.POST_PURCHASE, month=date(2026, 9, 1), employer=employer)
    assert [found(line) for line in (post, insurance, purchase, training)] == [
        [Doubt.EXCLUDED],
        [Doubt.EXCLUDED],
        [Doubt.EXCLUDED],
        [],
    ]
    Parameter.objects.create(
        name="stacking_allowed",
        area=home.community,
        in_force_from=date(2026, 1, 1),
        value=[["post", "insurance"], ["post_purchase", "post"], ["insurance", "post_purchase"]],
    )
    assert found() == []


def test_what_is_paid_is_not_in_doubt_for_what_is_claimed_later(home, employer):
    one = person(home, employer)
    paid = claimed(home, one, employer=employer, state=ClaimState.PAID, paid_on=ON, fund=FundFactory())
    later = claimed(home, one, Scheme.POST_PURCHASE, employer=employer)
    assert found(paid) == []
    assert found(later) == [Doubt.EXCLUDED]
    fact(one, OutsideKind.DEATH, date(2026, 6, 1))
    assert found(paid) == [Doubt.DIED]


@pytest.mark.parametrize(("month", "is_found"), [(date(2026, 6, 1), False), (MONTH, True)])
def test_the_longest_time_counts_from_the_first_month_claimed(home, employer, month, is_found):
    one = person(home, employer, since=date(2023, 1, 1))
    claimed(home, one, Scheme.INSURANCE, month=date(2023, 7, 1), employer=employer)
    insured(one, month=date(2023, 7, 1))
    assert (Doubt.USED_UP in found(claimed(home, one, month=month, employer=employer))) == is_found


def test_near_retirement_there_is_no_longest_time_and_graduates_have_a_shorter_one(home, employer):
    near = person(home, employer, since=date(2023, 1, 1))
    near.retires_on = date(2027, 5, 5)
    near.save()
    first = claimed(home, near, month=date(2023, 1, 1), employer=employer)
    first.claim.entered_on = date(2023, 2, 1)
    first.claim.approved_at = datetime(2023, 2, 8, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert found(claimed(home, near, employer=employer)) == []
    graduate = person(home, channel=Channel.FLEXIBLE, since=date(2023, 1, 1))
    basis = {"facts": {"hardship": ["graduate"]}, "amount": "1245.00"}
    claimed(home, graduate, Scheme.FLEXIBLE, month=date(2024, 7, 1))
    line = claimed(home, graduate, Scheme.FLEXIBLE, basis=basis, basis_digest=digest_of(basis))
    assert found(line) == [Doubt.USED_UP]


def test_two_districts_in_one_period(home, employer):
    other, away = EmployerFactory(), elsewhere(home.community)
    one, changed = person(home, employer), person(home, employer)
    LabourSpellFactory(resident=changed, started_on=date(2026, 8, 1), employer=other)
    same_month = claimed(home, one, employer=employer)
    claimed(home, one, Scheme.INSURANCE, employer=employer, area=away)
    insured(one)
    first = claimed(home, changed, employer=employer, period_to=date(2026, 9, 1))
    claimed(home, changed, month=date(2026, 8, 1), employer=other, area=away)
    assert found(same_month) == [Doubt.DISTRICT]
    assert same_month.findings.get().finding.evidence["others"][0]["district"] == away.parent.parent.name
    assert found(first) == []
    assert found() == [Doubt.DISTRICT, Doubt.DISTRICT]


def test_a_month_each_in_two_districts_for_one_employer_or_by_oneself(home, employer):
    away = elsewhere(home.community)
    one, flexible, moved = person(home, employer), *(person(home, channel=Channel.FLEXIBLE) for _number in range(2))
    MembershipFactory(resident=moved, started_on=date(2026, 8, 3), household=HouseholdFactory(community=away))
    lines = []
    for resident, scheme, by in (
        (one, Scheme.POST, employer),
        (flexible, Scheme.FLEXIBLE, None),
        (moved, Scheme.FLEXIBLE, None),
    ):
        lines.append(claimed(home, resident, scheme, employer=by, period_to=date(2026, 9, 1)))
        claimed(home, resident, scheme, month=date(2026, 8, 1), employer=by, area=away)
    assert [found(line) for line in lines] == [[Doubt.DISTRICT], [Doubt.DISTRICT], []]


def test_an_account_of_two_persons(home):
    number = uuid.uuid4()
    wife, husband, single = (person(home, channel=Channel.FLEXIBLE) for _number in range(3))
    accounts = [
        PayeeAccountFactory(employer=None, resident=resident, account_hash=hashed)
        for resident, hashed in ((wife, number), (husband, number), (single, uuid.uuid4()))
    ]
    lines = [
        claimed(home, resident, Scheme.FLEXIBLE, account=account)
        for resident, account in zip((wife, husband, single), accounts, strict=True)
    ]
    assert [found(line) for line in lines] == [[Doubt.ACCOUNT], [Doubt.ACCOUNT], []]
    PayeeAccountFactory(employer=None, resident=husband, account_hash=uuid.uuid4())
    assert found(lines[0]) == [Doubt.ACCOUNT]
    lines[1].standing = LineStanding.DROPPED
    lines[1].save()
    assert found(lines[0]) == []
    single.bank_account_hash = number
    single.save()
    assert found(lines[0]) == [Doubt.ACCOUNT]


def test_one_account_of_an_employer_is_no_doubt_but_that_of_a_household_of_staff(home, employer):
    number = uuid.uuid4()
    account = PayeeAccountFactory(employer=employer, account_hash=number)
    claim = ClaimFactory(employer=employer, area=home.community, state=ClaimState.SUBMITTED)
    persons = [person(home, employer) for _number in range(3)]
    lines = [ClaimLineFactory(claim=claim, resident=one, account=account) for one in persons]
    assert found() == []
    stranger = person(HouseholdFactory(), employer)
    stranger.bank_account_hash = number
    stranger.save()
    assert found() == []
    StaffFactory(id_hash=stranger.id_hash)
    assert found() == [Doubt.ACCOUNT]
    assert found(lines[0]) == [Doubt.ACCOUNT]


def test_transport_by_attendance(home):
    one = person(home)
    enrolment = EnrolmentFactory(resident=one)
    for day in (6, 7, 8):
        Attendance.objects.create(enrolment=enrolment, day=date(2026, 7, day))
    basis = {"value": "4", "amount": "20.00"}
    line = claimed(home, one, Scheme.TRANSPORT, enrolment=enrolment, basis=basis)
    assert found(line) == [Doubt.ATTENDANCE]
    Attendance.objects.create(enrolment=enrolment, day=date(2026, 7, 9))
    assert found(line) == []
    enrolment.state = "dropped"
    enrolment.save()
    assert found(line) == [Doubt.ATTENDANCE]


def test_training_never_attended_where_attendance_is_kept(home):
    one, fellow = person(home), person(home)
    enrolment = EnrolmentFactory(resident=one)
    line = claimed(home, one, Scheme.TRAINING, enrolment=enrolment)
    assert found(line) == []
    Attendance.objects.create(
        enrolment=EnrolmentFactory(resident=fellow, course=enrolment.course), day=date(2026, 7, 6)
    )
    assert found(line) == [Doubt.ATTENDANCE]


@pytest.mark.parametrize(("days", "is_found"), [(16, False), (17, True)])
def test_a_month_spent_at_courses_leaves_no_time_for_the_job(home, employer, days, is_found):
    one = person(home, employer)
    line = claimed(home, one, employer=employer)
    enrolment = EnrolmentFactory(resident=one)
    for day in range(1, days + 1):
        Attendance.objects.create(enrolment=enrolment, day=date(2026, 7, day))
    assert (found(line) == [Doubt.ATTENDANCE]) == is_found


def test_not_insured_in_a_month_the_insurance_office_told_about(home, employer):
    one, colleague = person(home, employer), person(home, employer, insured=True)
    lines = [claimed(home, one, scheme, employer=employer) for scheme in (Scheme.INSURANCE, Scheme.POST_CREATION)]
    assert found() == []
    insured(colleague, month=date(2026, 8, 1))
    assert found() == []
    insured(colleague)
    assert [found(line) for line in lines] == [[Doubt.NOT_INSURED], [Doubt.NOT_INSURED]]
    absent = [person(home, employer, insured=True) for _number in range(2)]
    assert found() == []
    insured(absent[0])
    assert found() == [Doubt.NOT_INSURED, Doubt.NOT_INSURED]
    insured(one)
    assert found() == []


def test_somebody_who_handled_the_claim_lives_with_the_person(home, employer):
    one, flatmate, other = person(home, employer), person(home), person(HouseholdFactory(), employer)
    lines = [claimed(home, resident, employer=employer) for resident in (one, other)]
    staff = StaffFactory(id_hash=flatmate.id_hash, name="经办人")
    assert found() == []
    for line in lines:
        Move.objects.create(
            workflow=CLAIM.name,
            key=line.claim_id,
            action="enter",
            to_state="draft",
            staff=staff,
            at=line.claim.submitted_at,
        )
    assert found() == [Doubt.INSIDER]
    assert lines[0].findings.get().finding.evidence["staff"] == ["经办人"]
    staff.id_hash = other.id_hash
    staff.save()
    assert found(lines[1]) == [Doubt.INSIDER]
