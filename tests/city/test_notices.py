import re
from datetime import date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from city import notices
from city.choices import NoticeStanding, Role
from city.models import ClockPause, Notice, Objection
from city.moves import NotAllowed, StepRefused
from city.views.notices import PER_NOTICE
from city.workdays import seed
from config.conflict import Conflict
from tests.city.factories import AreaFactory, PostingFactory
from tests.desks import elsewhere, sign_in

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day, hour=10, minute=0):
    return datetime.fromisoformat(f"2026-{day}").replace(hour=hour, minute=minute, tzinfo=SHANGHAI)


@pytest.fixture
def desk(time_machine):
    """A notice of five working days, published on Thursday 12 November 2026: open to the end of the 19th."""
    seed(2026, 2026)
    time_machine.move_to(at("11-12"), tick=False)
    community = AreaFactory(community=True)
    street = PostingFactory(area=community.parent, role=Role.STREET_REVIEWER)
    notice = publish(community, street)
    return SimpleNamespace(community=community, street=street, notice=notice, travel=time_machine.move_to)


def publish(area, by, rows=(("王*", "3"),)):
    return notices.publish("zero_household", "公示", ["户主", "人口"], [list(row) for row in rows], area, 5, by=by)


def page(notice):
    return reverse("city:notice", args=[notice.pk])


def objecting(notice):
    return reverse("city:object_to_notice", args=[notice.pk])


SENT = {"words": "他在饭店上班", "contact": "李四 13900000001"}


def test_everybody_sees_it_until_its_last_working_day_ends(client, desk):
    desk.travel(at("11-19", 23, 59), tick=False)
    assert "公示" in client.get(page(desk.notice)).content.decode()
    assert [one.pk for one in client.get(reverse("city:notices")).context["page"]] == [desk.notice.pk]
    desk.travel(at("11-20", 0, 0), tick=False)
    assert client.get(page(desk.notice)).status_code == 404
    assert client.post(objecting(desk.notice), SENT).status_code == 404
    assert len(client.get(reverse("city:notices")).context["page"]) == 0


@pytest.mark.parametrize(
    ("published", "ends"),
    [
        ("02-11", "02-25"),  # Saturday 14 February works, 15 to 23 February is the Spring Festival
        ("02-13", "02-27"),
        ("09-24", "10-09"),  # 25 to 27 September Mid-Autumn, 1 to 7 October National Day
        ("09-30", "10-13"),  # Saturday 10 October works
    ],
)
def test_working_days_follow_the_make_up_days_of_2026(desk, published, ends):
    desk.travel(at(published), tick=False)
    due = publish(desk.community, desk.street).clock.due_at.astimezone(SHANGHAI)
    assert (due.month, due.day, due.hour, due.minute) == (int(ends[:2]), int(ends[3:]), 23, 59)


def test_an_objection_stops_the_clock_until_the_street_has_answered(client, desk):
    desk.travel(at("11-13"), tick=False)
    assert client.post(objecting(desk.notice), SENT).status_code == 302
    desk.notice.clock.refresh_from_db()
    assert desk.notice.clock.due_at is None
    assert ClockPause.objects.get().reason == "objection"
    assert notices.standing(desk.notice, at("11-30")) == NoticeStanding.OBJECTED
    desk.travel(at("11-30"), tick=False)
    assert client.get(page(desk.notice)).status_code == 200
    notices.answer(Objection.objects.get(), False, "核实无误", by=desk.street)
    desk.notice.clock.refresh_from_db()
    # 13-30 November stood still: the five working days are 1-4 and 7 December.
    assert desk.notice.clock.due_at.astimezone(SHANGHAI).date() == date(2026, 12, 7)


@pytest.mark.parametrize(
    ("published", "objected", "answered", "ends"),
    [
        ("02-11", "02-12", "02-25", "03-03"),  # 26, 27, Saturday the 28th, 2, 3: the festival stood still as well
        ("02-11", "02-13", "02-14", "02-27"),  # 12, then 24 to 27: both days of the pause do not count
        ("09-24", "09-24", "10-08", "10-14"),  # 9, Saturday the 10th, 12, 13, 14
        ("09-29", "10-02", "10-05", "10-12"),  # 30, 8, 9, 10, 12: no working day fell into the pause
    ],
)
def test_days_of_an_objection_and_holidays_do_not_count(desk, published, objected, answered, ends):
    desk.travel(at(published), tick=False)
    notice = publish(desk.community, desk.street)
    objection = notices.object_to(notice, "x", "y", at=at(objected))
    notices.answer(objection, False, "核实无误", by=desk.street, at=at(answered))
    notice.clock.refresh_from_db()
    assert notice.clock.due_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M") == f"{ends} 23:59"


def test_two_objections_need_two_answers(desk):
    for contact in ("a", "b"):
        notices.object_to(desk.notice, "x", contact)
    first, second = Objection.objects.order_by("pk")
    notices.answer(first, False, "no", by=desk.street)
    desk.notice.clock.refresh_from_db()
    assert desk.notice.clock.due_at is None
    notices.answer(second, False, "no", by=desk.street)
    desk.notice.clock.refresh_from_db()
    assert desk.notice.clock.due_at is not None


def test_an_upheld_objection_takes_the_notice_away(client, desk):
    notices.object_to(desk.notice, "x", "b")
    notices.answer(Objection.objects.get(), True, "属实", by=desk.street)
    desk.notice.refresh_from_db()
    assert client.get(page(desk.notice)).status_code == 404
    assert notices.standing(desk.notice, at("11-13")) == NoticeStanding.UPHELD
    assert desk.notice.clock.stopped_at


def test_answering_needs_the_right_words_and_speed(desk):
    objection = notices.object_to(desk.notice, "x", "b")
    clerk = PostingFactory(area=desk.community)
    with pytest.raises(NotAllowed):
        notices.answer(objection, False, "no", by=clerk)
    with pytest.raises(StepRefused):
        notices.answer(objection, False, "  ", by=desk.street)
    notices.answer(objection, False, "no", by=desk.street)
    with pytest.raises(Conflict) as late:
        notices.answer(objection, True, "yes", by=desk.street)
    assert late.value.by == desk.street.staff
    objection.refresh_from_db()
    assert (objection.upheld, objection.answer) == (False, "no")


def test_an_ended_or_withdrawn_notice_takes_no_objection(desk):
    with pytest.raises(Conflict):
        notices.object_to(desk.notice, "x", "b", at=at("11-20", 0, 1))
    notices.withdraw(desk.notice, by=desk.street)
    with pytest.raises(Conflict):
        notices.object_to(desk.notice, "x", "b")
    assert not Objection.objects.exists()


def test_objections_are_limited_in_size(client, desk):
    for data in ({"words": "x" * 2001}, {"contact": "x" * 101}, {"words": ""}, {"contact": " "}):
        assert client.post(objecting(desk.notice), SENT | data).status_code == 422
    assert not Objection.objects.exists()


def test_objections_are_limited_in_rate_by_notice_and_address(client, desk):
    def sent(notice, **extra):
        return client.post(objecting(notice), SENT, **extra).status_code

    assert [sent(desk.notice) for _turn in range(PER_NOTICE + 1)] == [302] * PER_NOTICE + [429]
    assert sent(desk.notice, REMOTE_ADDR="10.0.0.9") == 302
    assert sent(publish(desk.community, desk.street)) == 302
    assert Objection.objects.count() == PER_NOTICE + 2


def test_a_notice_waits_for_a_limited_number_of_answers(client, desk, monkeypatch):
    monkeypatch.setattr(notices, "OPEN_OBJECTIONS", 1)
    assert client.post(objecting(desk.notice), SENT).status_code == 302
    assert client.post(objecting(desk.notice), SENT).status_code == 429
    assert Objection.objects.count() == 1


def test_the_same_form_sent_twice_is_one_objection(client, desk):
    data = SENT | {"idempotency_key": "0b7a6c3e-9a55-4c3c-8a39-6f9d1b1f2a10"}
    answers = {client.post(objecting(desk.notice), data)["Location"] for _turn in range(2)}
    assert answers == {page(desk.notice)}
    assert Objection.objects.count() == 1


def test_contact_is_encrypted_and_seen_by_the_street_alone(client, desk):
    objection = notices.object_to(desk.notice, **SENT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact FROM city_objection")
        assert b"13900000001" not in bytes(cursor.fetchone()[0])
    assert "13900000001" not in client.get(page(desk.notice)).content.decode()
    address = reverse("city:objection", args=[objection.pk])
    assert client.get(address).status_code == 302
    for role, expected in (("station_head", 403), ("district_officer", 404), ("street_reviewer", 200)):
        sign_in(client, role, desk.community)
        assert client.get(address).status_code == expected
    assert "13900000001" in client.get(address).content.decode()
    sign_in(client, "street_reviewer", elsewhere(desk.community))
    assert client.get(address).status_code == 404


def test_the_street_answers_on_the_page(client, desk):
    objection = notices.object_to(desk.notice, **SENT)
    address = reverse("city:objection", args=[objection.pk])
    posting = sign_in(client, "street_reviewer", desk.community)
    assert client.post(address, {"upheld": "no", "words": ""}).status_code == 422
    data = {"upheld": "no", "words": "核实无误", "idempotency_key": "0b7a6c3e-9a55-4c3c-8a39-6f9d1b1f2a11"}
    assert {client.post(address, data).status_code for _turn in range(2)} == {302}
    objection.refresh_from_db()
    assert (objection.upheld, objection.answered_by) == (False, posting.staff)
    assert client.post(address, {"upheld": "yes", "words": "?"}).status_code == 409


def test_objections_wait_on_the_desk_of_their_street(client, desk):
    notices.object_to(desk.notice, **SENT)
    for community, expected in ((desk.community, 1), (elsewhere(desk.community), 0)):
        sign_in(client, "street_reviewer", community)
        body = client.get(reverse("city:reviews")).content.decode()
        assert body.count("/objections/") == expected


@pytest.mark.parametrize("cell", ["330102198001010011", "13900000001", "1980010"])
def test_a_row_with_numbers_is_never_published(desk, cell):
    before = Notice.objects.count()
    with pytest.raises(ValueError, match="numbers"):
        publish(desk.community, desk.street, [("王*", cell)])
    assert Notice.objects.count() == before


@pytest.mark.parametrize(
    ("name", "masked"), [("王芳", "王*"), ("王小芳", "王*芳"), ("欧阳小芳", "欧**芳"), ("王", "王*"), ("", "*")]
)
def test_names_are_shortened(name, masked):
    assert notices.masked_name(name) == masked


def test_the_list_costs_the_same_at_any_length(client, desk):
    counts = []
    for more in (0, 29):
        for _turn in range(more):
            publish(desk.community, desk.street)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("city:notices"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_search_engines_are_told_to_stay_away(client, desk):
    for address in (reverse("city:notices"), page(desk.notice)):
        answer = client.get(address)
        assert "noindex" in answer["X-Robots-Tag"]
        assert re.search(r'<meta\s+name="robots"\s+content="noindex', answer.content.decode())


def test_a_notice_cannot_be_seen_before_it_is_published(client, desk):
    desk.travel(at("11-11"), tick=False)
    assert client.get(page(desk.notice)).status_code == 404
