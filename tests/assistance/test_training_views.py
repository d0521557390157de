"""Pages of courses: who sees what, what is sent once, what is refused beside its field, and their queries."""

import uuid
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistance.models import Attendance, Course, Enrolment
from city import workdays
from city.choices import Role
from tests.assistance.factories import CourseFactory, EnrolmentFactory
from tests.city.factories import AreaFactory
from tests.desks import elsewhere, sign_in
from tests.households.factories import HouseholdFactory, ResidentFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 10, 14)


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        yield


@pytest.fixture
def community():
    return AreaFactory(community=True)


def resident_of(community, **values):
    return ResidentFactory(home=HouseholdFactory(community=community), community=community, **values)


def course_of(community, **values):
    return CourseFactory(**{"area": community.parent, "state": "enrolling", **values})


def form(**values):
    return {"idempotency_key": str(uuid.uuid4()), **values}


PLAN = {
    "title": "焊工",
    "kind": "skill",
    "provider": "技校",
    "trade": "",
    "starts_on": "2026-10-20",
    "ends_on": "2026-10-30",
    "places": "20",
}


def test_a_course_is_planned_once_however_often_it_is_sent(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    sent = form(**PLAN)
    first, second = client.post("/courses/new/", sent), client.post("/courses/new/", sent)
    course = Course.objects.get()
    assert first["Location"] == second["Location"] == f"/courses/{course.pk}/"


@pytest.mark.parametrize(
    "wrong", [{"ends_on": "2026-10-19"}, {"places": "0"}, {"title": ""}, {"starts_on": "0001-01-01"}]
)
def test_a_plan_that_cannot_be_comes_back_with_its_error(client, community, wrong):
    sign_in(client, Role.STREET_REVIEWER, community)
    answer = client.post("/courses/new/", form(**PLAN | wrong))
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert not Course.objects.exists()


def test_a_plan_is_corrected_on_its_page(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    course = course_of(community, state="planned")
    assert client.get(f"/courses/{course.pk}/edit/").status_code == 200
    answer = client.post(f"/courses/{course.pk}/edit/", form(**PLAN, version="0"))
    course.refresh_from_db()
    assert (answer.status_code, course.title) == (302, "焊工")
    assert client.post(f"/courses/{course.pk}/edit/", form(**PLAN, version="0")).status_code == 409


def test_a_course_of_a_superior_is_seen_but_not_written_by_a_street(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    course = course_of(community, area=community.parent.parent, state="planned")
    assert client.get(f"/courses/{course.pk}/").status_code == 200
    for page in ("edit", "results"):
        assert client.get(f"/courses/{course.pk}/{page}/").status_code == 403
    answer = client.post(f"/courses/{course.pk}/step/", form(action="cancel", version="0", reason="funds"))
    assert answer.status_code == 403


def test_the_list_filters_and_says_how_many_filters_are_on(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    wanted = course_of(community, title="焊工班")
    course_of(community, kind="startup")
    course_of(elsewhere(community), title="焊工班")
    answer = client.get("/courses/", {"kind": "skill", "state": "enrolling", "title": "焊工"})
    assert (answer.context["page"].rows, answer.context["form"].active) == ([wanted], 3)


def test_a_resident_is_found_and_given_a_place_once(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    course, resident = course_of(community), resident_of(community, name="张三")
    resident_of(elsewhere(community), name="张三")
    answer = client.post(f"/courses/{course.pk}/find/", {"q": "张三"})
    assert answer.context["found"] == [resident]
    sent = form()
    for _time in range(2):
        assert client.post(f"/courses/{course.pk}/enrol/{resident.pk}/", sent).status_code == 302
    assert course.enrolments.get().resident == resident


def test_a_full_course_says_so(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    course = course_of(community, places=1)
    EnrolmentFactory(course=course)
    answer = client.post(f"/courses/{course.pk}/enrol/{resident_of(community).pk}/", form())
    assert answer.status_code == 409
    assert "1" in answer.context["cannot_enrol"]
    assert course.enrolments.count() == 1


def test_nobody_sends_a_strangers_resident_or_to_a_strangers_course(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    far = elsewhere(community)
    own, theirs = (course_of(place) for place in (community, far))
    pairs = [(own, resident_of(far)), (theirs, resident_of(community))]
    for course, resident in pairs:
        assert client.post(f"/courses/{course.pk}/enrol/{resident.pk}/", form()).status_code == 404


def test_a_residents_page_shows_courses_and_offers_those_open(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    resident = resident_of(community)
    done = EnrolmentFactory(course=course_of(community, state="assessed", title="旧班"), resident=resident)
    offered = course_of(community, title="新班")
    EnrolmentFactory(course=course_of(community, places=1, title="满班"))
    course_of(elsewhere(community), title="外区班")
    text = client.get(f"/residents/{resident.pk}/").content.decode()
    assert f"/enrolments/{done.pk}/" in text
    assert f"/courses/{offered.pk}/enrol/{resident.pk}/" in text
    assert "满班" not in text
    assert "外区班" not in text


def grid(client, course, week="2026-10-12"):
    return client.get(f"/courses/{course.pk}/attendance/", {"week": week})


def test_a_week_of_attendance_is_ticked_and_saved_at_once(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    course = course_of(community, state="running", starts_on=date(2026, 10, 13))
    one = EnrolmentFactory(course=course, resident=resident_of(community))
    context = grid(client, course).context
    assert [day.day for day in context["days"]] == [13, 14, 15, 16, 17, 18]
    assert [may for _day, _there, may in context["rows"][0][1]] == [True, True, False, False, False, False]
    there = [f"{one.pk}:2026-10-13", f"{one.pk}:2026-10-15", f"{one.pk}:2026-10-12", "x:y", "9999999:2026-10-13"]
    sent = form(seen=context["seen"], there=there)
    for _time in range(2):
        answer = client.post(f"/courses/{course.pk}/attendance/?week=2026-10-12", sent)
        assert (answer.status_code, answer["Location"]) == (302, f"/courses/{course.pk}/attendance/?week=2026-10-12")
    assert list(Attendance.objects.values_list("enrolment", "day")) == [(one.pk, date(2026, 10, 13))]
    stale = client.post(f"/courses/{course.pk}/attendance/?week=2026-10-12", form(seen=context["seen"], there=[]))
    assert stale.status_code == 409
    assert Attendance.objects.count() == 1


@pytest.mark.parametrize("week", ["", "2026-10-01", "2026-10-31", "9999-12-31", "0001-01-01", "x"])
def test_any_week_named_is_a_week_of_the_course(client, community, week):
    sign_in(client, Role.STATION_CLERK, community)
    course = course_of(community, state="running")
    days = grid(client, course, week).context["days"]
    assert course.starts_on <= days[0] <= days[-1] <= course.ends_on


def test_a_station_looks_at_the_attendance_of_its_own(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    course = course_of(community, state="running")
    own = EnrolmentFactory(course=course, resident=resident_of(community))
    EnrolmentFactory(course=course, resident=resident_of(AreaFactory(level="community", parent=community.parent)))
    context = grid(client, course).context
    assert [one.pk for one, _boxes in context["rows"]] == [own.pk]
    assert not context["is_kept"]
    assert client.post(f"/courses/{course.pk}/attendance/", form(there=[])).status_code == 403


def test_working_days_nobody_is_ticked_on_may_be_filled_as_a_whole(client, community):
    workdays.seed(2026, 2026)
    sign_in(client, Role.STREET_REVIEWER, community)
    course = course_of(community, state="running", starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 30))
    one, other = (EnrolmentFactory(course=course, resident=resident_of(community)) for _number in range(2))
    Attendance.objects.create(enrolment=one, day=date(2026, 10, 12))
    address = f"/courses/{course.pk}/attendance/?week=2026-10-12"
    assert client.get(address).context["may_fill"]
    filled = client.get(f"{address}&fill=all").context
    ticked = {(row.pk, day.day) for row, boxes in filled["rows"] for day, was_there, _may in boxes if was_there}
    assert ticked == {(one.pk, 12)} | {(row.pk, day) for row in (one, other) for day in (13, 14)}
    assert not filled["may_fill"]
    assert Attendance.objects.count() == 1
    holiday = client.get(f"/courses/{course.pk}/attendance/?week=2026-10-01&fill=all").context["rows"]
    assert not any(was_there for _row, boxes in holiday for _day, was_there, _may in boxes)


def test_everybody_may_have_completed_on_the_last_day(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    course = course_of(community, state="running", starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 13))
    EnrolmentFactory(course=course, resident=resident_of(community))
    (form,) = client.get(f"/courses/{course.pk}/results/").context["forms"]
    assert form["completed_on"].value() is None
    page = client.get(f"/courses/{course.pk}/results/?fill=all")
    (form,) = page.context["forms"]
    assert form["completed_on"].value() == date(2026, 10, 13)
    assert f'action="/courses/{course.pk}/results/?fill' not in page.content.decode()


def test_the_trainees_place_in_the_household_is_shown_and_children_are_counted(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    course = course_of(community, state="running", ends_on=TODAY)
    home = HouseholdFactory(community=community)
    child = ResidentFactory(home=home, community=community)
    child.memberships.update(relation="child")
    done = {"state": "completed", "completed_on": TODAY, "enrolled_on": date(2026, 9, 1)}
    enrolment = EnrolmentFactory(course=course, resident=child, **done)
    EnrolmentFactory(course=course, resident=resident_of(community), **done)
    rows = client.get(f"/courses/{course.pk}/").context["page"].rows
    assert {row.relation for row in rows if row.pk == enrolment.pk} == {"child"}
    shown = client.get(f"/enrolments/{enrolment.pk}/").context["enrolment"]
    assert (shown.relation, shown.home) == ("child", home.pk)
    (figures,) = client.get("/courses/").context["figures"]
    assert (figures["completed"], figures["children"]) == (2, 1)


def row_of(enrolment, **values):
    names = {"version": enrolment.version, "completed_on": "", "certificate_number": "", "certified_on": ""}
    return {f"e{enrolment.pk}-{name}": value for name, value in (names | values).items()}


def test_results_are_entered_for_the_page_and_errors_stand_in_their_row(client, community):
    sign_in(client, Role.STREET_REVIEWER, community)
    course = course_of(community, state="running")
    good, bad, later = (EnrolmentFactory(course=course, resident=resident_of(community)) for _number in range(3))
    url = f"/courses/{course.pk}/results/"
    sent = row_of(good, completed_on="2026-10-13") | row_of(bad, completed_on="2026-10-15") | row_of(later)
    answer = client.post(url, form(**sent))
    assert answer.status_code == 422
    assert [bool(one.errors) for one in answer.context["forms"]] == [
        one.enrolment == bad for one in answer.context["forms"]
    ]
    assert not Enrolment.objects.exclude(completed_on=None).exists()
    sent |= row_of(bad, completed_on="2026-10-14", certificate_number="A1", certified_on="2026-10-14")
    assert client.post(url, form(**sent)).status_code == 302
    assert list(course.enrolments.order_by("pk").values_list("state", flat=True)) == [
        "completed",
        "certified",
        "enrolled",
    ]
    assert client.post(url, form(**sent)).status_code in (302, 409)
    assert list(course.enrolments.order_by("pk").values_list("version", flat=True)) == [1, 2, 0]


def test_the_station_takes_somebody_off_with_a_reason(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    one = EnrolmentFactory(course=course_of(community), resident=resident_of(community))
    url = f"/enrolments/{one.pk}/step/"
    assert "strike" not in [step.action for step in client.get(f"/enrolments/{one.pk}/").context["steps"]]
    assert client.post(url, form(action="drop", version="0", reason="")).status_code == 422
    assert client.post(url, form(action="complete", version="0")).status_code == 422
    assert client.post(url, form(action="drop", version="0", reason="health")).status_code == 302
    one.refresh_from_db()
    assert one.state == "dropped"


def test_the_business_after_a_start_up_course(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    one = EnrolmentFactory(
        course=course_of(community, kind="startup", state="assessed"),
        resident=resident_of(community),
        state="completed",
        completed_on=TODAY - timedelta(days=10),
    )
    url = f"/enrolments/{one.pk}/business/"
    assert client.get(f"/enrolments/{one.pk}/").context["business"] is not None
    wrong = client.post(url, form(version="0", business_started_on="2026-01-01", jobs_created="2"))
    assert (wrong.status_code, "business_started_on" in wrong.context["business"].errors) == (422, True)
    good = form(version="0", business_started_on="2026-10-10", jobs_created="2")
    assert client.post(url, good).status_code == 302
    one.refresh_from_db()
    assert one.jobs_created == 2


@pytest.mark.parametrize("rows", [1, 30])
def test_pages_cost_the_same_at_one_row_and_at_thirty(client, community, rows):
    sign_in(client, Role.STATION_CLERK, community)
    course = course_of(community, state="running", places=50)
    home = HouseholdFactory(community=community)
    for _number in range(rows):
        resident = ResidentFactory(home=home, community=community)
        EnrolmentFactory(course=course, resident=resident, state="completed", completed_on=TODAY)
        EnrolmentFactory(course=course_of(community), resident=resident)
    queries = {}
    for name, url in (
        ("list", "/courses/"),
        ("course", f"/courses/{course.pk}/"),
        ("grid", f"/courses/{course.pk}/attendance/"),
        ("panel", f"/residents/{resident.pk}/"),
    ):
        with CaptureQueriesContext(connection) as told:
            assert client.get(url).status_code == 200
        selects = [one["sql"] for one in told.captured_queries if one["sql"].startswith("SELECT")]
        queries[name] = sum("city.act" not in sql for sql in selects)
    assert {name: queries[name] for name in ("list", "course", "grid")} == {"list": 6, "course": 9, "grid": 6}
