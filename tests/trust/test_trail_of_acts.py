"""Sign-in under attack, and what everybody's doings leave in the trail: one line each, with person and address."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from city.choices import Role, TrailOperation
from city.models import SheetImport, TrailEntry
from city.trail import verify
from tests.city.factories import AreaFactory, EmployerFactory, PostingFactory, StaffFactory
from tests.city.sheet_files import dict_sheet
from tests.desks import sign_in
from tests.households.factories import HouseholdFactory, ResidentFactory, TransferRequestFactory
from tests.households.sheet_runs import CODE, person
from tests.trust.small_city import text_of

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
OUTSIDE = [
    "https://elsewhere.example/",
    "//elsewhere.example/",
    "///elsewhere.example/",
    "////elsewhere.example",
    "/\\elsewhere.example",
    "\\\\elsewhere.example",
    "http:elsewhere.example",
    "http:///elsewhere.example",
    "javascript:alert(1)",
    "data:text/html,<script>",
    " //elsewhere.example",
    "\t//elsewhere.example",
    "\x01//elsewhere.example",
    "/\t/elsewhere.example",
    "https:elsewhere.example",
    "//testserver@elsewhere.example/",
    "https://testserver.elsewhere.example/",
    "//elsewhere.example\\@testserver/",
    "ftp://testserver/",
    "/\r\nLocation: https://elsewhere.example",
]


@pytest.fixture
def community(settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    return AreaFactory(community=True, code=CODE)


@pytest.fixture
def staff(community):
    return PostingFactory(area=community).staff


@pytest.fixture
def lines():
    """What came into the trail since it was asked last, rows of tables apart."""
    seen = set(TrailEntry.objects.values_list("pk", flat=True))

    def news():
        entries = TrailEntry.objects.exclude(pk__in=seen).filter(operation=TrailOperation.EVENT)
        found = list(entries.select_related("act").order_by("pk"))
        seen.update(entry.pk for entry in found)
        return found

    return news


def assert_one_line(found, kind, by, answer, key=None):
    assert [entry.table for entry in found] == [kind]
    (entry,) = found
    assert entry.act.staff == by
    assert entry.act.address == "127.0.0.1"
    assert entry.act.request_id == answer["X-Request-ID"]
    assert abs(timezone.now() - entry.at).total_seconds() < 60
    assert key is None or entry.key == str(key)


def enter(client, number, password=PASSWORD, **more):
    return client.post("/accounts/login/", {"username": number, "password": password, **more})


@pytest.mark.parametrize("target", OUTSIDE)
def test_nobody_is_sent_outside_after_signing_in(client, staff, target):
    answer = enter(client, staff.number, next=target)
    assert answer.status_code == 302
    assert re.match(r"/($|%0D%0A)", answer["Location"])
    for address in ("/accounts/login/", "/language/"):
        answer = client.post(address, {"next": target, "language": "en"})
        assert re.match(r"/($|%0D%0A|accounts)", answer.get("Location", "/"))
        answer = client.get("/accounts/login/", {"next": target})
        assert re.match(r"/($|%0D%0A)", answer.get("Location", "/"))
    answer = client.post("/language/", {"language": "en"}, headers={"referer": target})
    assert re.match(r"/($|%0D%0A)", answer["Location"])


def test_a_page_asked_for_is_shown_after_signing_in(client, staff):
    assert enter(client, staff.number, next="/status/")["Location"] == "/status/"


@pytest.mark.parametrize(
    "host", ["elsewhere.example", "testserver.elsewhere.example", "testserver:80@elsewhere", "a b"]
)
def test_another_host_is_not_answered(client, staff, host):
    answer = client.get("/accounts/login/", headers={"host": host})
    assert answer.status_code == 400
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert host not in answer.content.decode()


def test_five_failures_close_the_account_whichever_way_it_is_written(client, staff):
    number = staff.number
    written = [number, f" {number}", f"{number} ", "".join(chr(ord(sign) + 0xFEE0) for sign in number), number]
    answers = [enter(client, one, "wrong").status_code for one in written]
    assert answers == [200] * 4 + [429]
    answer = enter(client, number)
    assert answer.status_code == 429
    assert "尝试次数过多" in answer.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("length", [31, 255, 256, 5_000])
def test_a_name_longer_than_any_account_is_refused_like_a_wrong_one(client, staff, length):
    headers = {"user-agent": "a" * 3_000, "accept": "b" * 3_000, "referer": "https://testserver/" + "c" * 3_000}
    answer = client.post("/accounts/login/", {"username": "字" * length, "password": "d" * 5_000}, headers=headers)
    assert answer.status_code == 200
    assert "note error" in answer.content.decode()
    assert client.post("/accounts/login/", {"username": "e", "password": "d"}, headers=headers).status_code == 200


def test_colleagues_behind_the_same_address_still_sign_in(client, staff):
    for number in range(30):
        for _try in range(4):
            enter(client, f"nobody{number}", "wrong")
    for _try in range(6):
        enter(client, staff.number, "wrong")
    colleague = PostingFactory().staff
    assert enter(Client(), colleague.number).status_code == 302


def test_a_forged_address_does_not_open_a_closed_account(client, staff):
    for turn in range(8):
        headers = {"x-forwarded-for": f"203.0.113.{turn}", "x-real-ip": f"203.0.113.{turn}"}
        client.post("/accounts/login/", {"username": staff.number, "password": "wrong"}, headers=headers)
    assert enter(client, staff.number).status_code == 429


def test_known_and_unknown_names_are_told_the_same(client, staff):
    def told(number):
        return (
            enter(client, number, "wrong").content.decode().replace(number, "").split("csrfmiddlewaretoken")[-1][120:]
        )

    assert told(staff.number) == told("x" * len(staff.number))
    gone = StaffFactory(is_active=False)
    assert enter(client, gone.number).status_code == 200


def test_a_new_session_starts_with_signing_in(client, staff):
    client.get("/accounts/login/")
    client.session["kept"] = True
    before = client.session.session_key
    enter(client, staff.number)
    assert client.session.session_key != before
    stolen = client.cookies["session"].value
    client.post("/accounts/logout/")
    thief = Client()
    thief.cookies["session"] = stolen
    assert thief.get("/status/").status_code == 302


def test_signing_in_and_out_leaves_one_line_each(client, staff, lines):
    answer = enter(client, staff.number)
    assert_one_line(lines(), "sign_in", staff, answer, staff.pk)
    answer = client.post("/accounts/logout/")
    assert_one_line(lines(), "sign_out", staff, answer, staff.pk)


@pytest.mark.parametrize("known", [True, False])
def test_a_failure_leaves_one_line_without_what_was_typed(client, staff, lines, known):
    answer = enter(client, staff.number if known else "my-secret-password", "wrong")
    found = lines()
    assert_one_line(found, "sign_in_failed", None, answer, staff.pk if known else "")
    assert "my-secret-password" not in str(found[0].before)


def test_a_refusal_a_reveal_and_a_switch_leave_one_line_each(client, community, lines):
    resident = ResidentFactory(home=HouseholdFactory(community=community), community=community)
    posting = sign_in(client, Role.STATION_CLERK, community)
    other = PostingFactory(staff=posting.staff, role=Role.STATION_HEAD, area=community)
    lines()
    answer = client.get("/trail/")
    assert_one_line(lines(), "refused", posting.staff, answer)
    answer = client.post(f"/residents/{resident.pk}/number/")
    assert resident.id_number in answer.content.decode()
    found = lines()
    assert_one_line(found, "reveal", posting.staff, answer, resident.pk)
    assert resident.id_number not in str(found[0].before)
    assert resident.id_number not in client.get(f"/residents/{resident.pk}/").content.decode()
    answer = client.post("/postings/switch/", {"posting": other.pk})
    assert_one_line(lines(), "switch_posting", posting.staff, answer, other.pk)


def test_a_sheet_leaves_one_line_for_each_decision(client, community, lines, django_capture_on_commit_callbacks):
    def send(address, data=None):
        """The answer and the lines about it; the jobs that follow have lines of their own."""
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(address, data or {})
        found = lines()
        assert {entry.act.staff for entry in found} <= {posting.staff}
        return answer, [entry for entry in found if entry.table != "run"]

    posting = sign_in(client, Role.STATION_CLERK, community)
    lines()

    def upload():
        sent = SimpleUploadedFile("a.csv", dict_sheet(person()))
        form = {"kind": "roster", "on": "2026-03-31", "file": sent, "idempotency_key": uuid.uuid4()}
        answer, found = send("/sheets/upload/", form)
        sheet = SheetImport.objects.latest("pk")
        assert_one_line(found, "upload", posting.staff, answer, sheet.pk)
        return sheet

    sheet = upload()
    for action, kind in (("commit", "import"), ("undo", "undo")):
        answer, found = send(f"/sheets/{sheet.pk}/{action}/")
        assert_one_line(found, kind, posting.staff, answer, sheet.pk)
        assert found[0].before["sha256"] == sheet.file.sha256
    answer, found = send(f"/sheets/{sheet.pk}/commit/")
    assert (answer.status_code, [entry.table for entry in found]) == (409, ["refused"])
    answer, found = send(f"/sheets/{upload().pk}/drop/")
    assert_one_line(found, "drop", posting.staff, answer)


def test_an_export_and_its_download_leave_one_line_each(client, community, lines, django_capture_on_commit_callbacks):
    posting = sign_in(client, Role.STATION_CLERK, community)
    lines()
    for address in ("/status/export/", f"/status/{CODE}/employment_rate/gap/export/"):
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(address, {"format": "csv"})
        found = [entry for entry in lines() if entry.table != "run"]
        assert_one_line(found, "export", posting.staff, answer)
        file = client.get(answer["Location"]).context["file"]
        answer = client.get(f"/files/{file}/")
        assert text_of(answer)
        assert_one_line(lines(), "download", posting.staff, answer)


@pytest.mark.ignore_template_errors
def test_an_export_of_the_admin_leaves_one_line(client, community, lines):
    posting = sign_in(client, Role.SYSTEM_ADMIN, community)
    EmployerFactory()
    lines()
    form = {"format": "0", "employerresource_credit_code": "on", "employerresource_name": "on"}
    answer = client.post("/admin/city/employer/export/", form)
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    assert_one_line(lines(), "export", posting.staff, answer)


@pytest.mark.parametrize("action", ["agree", "refuse"])
def test_an_answer_to_a_transfer_stands_in_the_trail_with_its_request(client, community, action):
    home = HouseholdFactory(community=community)
    transfer = TransferRequestFactory(household=home)
    posting = sign_in(client, Role.STREET_REVIEWER, community)
    answer = client.post(f"/transfers/{transfer.pk}/{action}/")
    entry = TrailEntry.objects.filter(table="households_transferrequest", operation=TrailOperation.UPDATE).get()
    assert (entry.act.staff, entry.act.posting) == (posting.staff, posting)
    assert entry.act.request_id == answer["X-Request-ID"]
    assert entry.act.address == "127.0.0.1"
    assert verify()["broken"] == []
