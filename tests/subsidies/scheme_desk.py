"""A claim desk at which all ten schemes have a rate, with courses, placements and endings."""

from decimal import Decimal

from assistance.choices import CourseKind, EnrolmentState
from assistance.models import Attendance
from city.choices import EmployerKind
from households import ledger
from households.choices import LabourState
from subsidies.choices import Basis, Scheme
from subsidies.models import Rate
from tests.assistance.case_desk import make_person
from tests.assistance.factories import CourseFactory, EnrolmentFactory
from tests.city.factories import EmployerFactory
from tests.households.factories import LabourSpellFactory
from tests.subsidies.claim_desk import JULY, make_claim_desk
from tests.subsidies.factories import RateFactory

#: What the papers say of the schemes the claim desk has no rate of.
_MORE = {
    Scheme.INTRODUCTION: {"basis": Basis.PERSON, "amount": Decimal("500.00"), "second_half_after": 3},
    Scheme.TRANSPORT: {"basis": Basis.DAYS, "amount": Decimal("5.00")},
    Scheme.TUITION: {"basis": Basis.FEE, "share": "1/2"},
    Scheme.POST_CREATION: {"basis": Basis.PERSON, "amount": Decimal("500.00"), "contract_months": 36},
    Scheme.POST_PURCHASE: {"basis": Basis.MINIMUM_WAGE, "share": "1/5"},
}


def make_scheme_desk():
    desk = make_claim_desk()
    post = Rate.objects.get(scheme=Scheme.POST)
    desk.city_area, desk.document = post.area, post.document
    for scheme, values in _MORE.items():
        rate(desk, scheme, **values)
    desk.agency = EmployerFactory(kind=EmployerKind.AGENCY)
    desk.school = EmployerFactory(kind=EmployerKind.TRAINER, name="某某培训学校")
    return desk


def rate(desk, scheme, **values):
    """A signed rate of the whole city."""
    known = {"area": desk.city_area, "document": desk.document, "contract_months": 0, "share": ""}
    return RateFactory(scheme=scheme, **known | values)


def ends_work(person, day):
    """The person is without work from the day on."""
    LabourSpellFactory(resident=person, state=LabourState.UNEMPLOYED, started_on=day)
    ledger.rebuild([person.pk])


def trained(desk, *days, certified_on=None, kind=CourseKind.SKILL, person=None, **enrolment):
    """A person in a course of the school, there on these days; `certified_on`: with the certificate."""
    person = person or make_person(desk.home)
    course = CourseFactory(area=desk.community, provider=desk.school.name, kind=kind)
    values = {"resident": person, "course": course, "enrolled_on": JULY, "state": EnrolmentState.ATTENDING}
    if certified_on:
        values |= {
            "state": EnrolmentState.CERTIFIED,
            "completed_on": certified_on,
            "certified_on": certified_on,
            "certificate_number": "证0001",
        }
    found = EnrolmentFactory(**values | enrolment)
    Attendance.objects.bulk_create(Attendance(enrolment=found, day=day) for day in days)
    return found
