"""Home, sheets, runs and the trail as people of each role meet them."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from city import files
from city.choices import AreaLevel, Role, RunState, SheetState
from city.models import CalendarDay, Run, SheetImport
from city.sheets.registry import kinds_for
from city.trail import record_event
from households.models import Resident
from tests.city.factories import AreaFactory
from tests.city.sheet_files import dict_sheet
from tests.desks import elsewhere, sign_in, superior
from tests.households.sheet_runs import CODE, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def community(settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    return AreaFactory(community=True, code=CODE, name="枫桥社区")


@pytest.fixture
def send(client, django_capture_on_commit_callbacks):
    """Posts, with the jobs it asks for worked off before the answer is looked at."""

    def post(address, data=None):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(address, data or {})

    return post


def upload(send, *rows, kind="roster", on="2026-03-31", key=None, content=None):
    file = SimpleUploadedFile("名册.csv", content if content is not None else dict_sheet(*rows))
    return send("/sheets/upload/", {"kind": kind, "file": file, "on": on, "idempotency_key": key or uuid.uuid4()})


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def test_a_stranger_is_sent_to_sign_in(client, community):
    for address in ["/", "/sheets/", "/runs/", "/trail/", "/sheets/templates/roster/"]:
        assert client.get(address)["Location"] == f"/accounts/login/?next={address}"


@pytest.mark.parametrize(
    ("role", "start"),
    [
        (Role.STATION_CLERK, "/today/"),
        (Role.STATION_HEAD, "/today/"),
        (Role.STREET_REVIEWER, "/reviews/"),
        (Role.FINANCE, "/status/"),
        (Role.DISTRICT_OFFICER, "/quarter/"),
        (Role.CITY_OFFICE, "/quarter/"),
        (Role.CITY_LEADER, "/quarter/"),
        (Role.SYSTEM_ADMIN, "/runs/"),
        (Role.SECURITY_ADMIN, "/sheets/"),
        (Role.AUDIT_ADMIN, "/trail/"),
    ],
)
def test_the_day_of_each_role_opens_on_its_page(client, community, role, start):
    sign_in(client, role, community)
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, start)
    page(client, start)


def test_who_keeps_the_calendar_is_told_what_it_lacks(client, community):
    CalendarDay.objects.all().delete()
    sign_in(client, Role.SYSTEM_ADMIN, community)
    assert "工作日历缺少" in client.get("/", follow=True).content.decode()


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_what_its_rights_say(client, community, role):
    posting = sign_in(client, role, community)
    for permission, address in [("city.open_sheets", "/sheets/"), ("city.read_trail", "/trail/"), (None, "/runs/")]:
        expected = 200 if permission is None or posting.may(permission) else 403
        assert client.get(address).status_code == expected, address


@pytest.mark.parametrize("role", [Role.STATION_CLERK, Role.CITY_OFFICE, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN])
def test_templates_are_those_the_posting_loads(client, community, role):
    posting = sign_in(client, role, community)
    names = [kind.name for kind in kinds_for(posting)]
    assert names
    for name in ["roster", "areas", "staff", "calendar", "nonsense"]:
        answer = client.get(f"/sheets/templates/{name}/")
        assert answer.status_code == (200 if name in names else 404)
        if name in names:
            assert answer.content.startswith(b"PK")


def test_a_sheet_goes_from_the_check_to_the_decision_and_back(client, community, send):
    sign_in(client, Role.STATION_CLERK, community)
    answer = upload(send, person(), person(身份证号="1"))
    sheet = SheetImport.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/sheets/{sheet.pk}/")
    assert sheet.state == SheetState.PREVIEW
    assert not Resident.objects.exists()
    text = page(client, answer["Location"])
    assert "1 处错误" in text
    assert f"/files/{sheet.errors_file.stored_as}/" in text

    send(f"/sheets/{sheet.pk}/commit/")
    assert "已写入" in page(client, f"/sheets/{sheet.pk}/")
    assert Resident.objects.get().name == "王芳"
    assert send(f"/sheets/{sheet.pk}/commit/").status_code == 409

    send(f"/sheets/{sheet.pk}/undo/")
    assert "已撤销" in page(client, f"/sheets/{sheet.pk}/")
    assert not Resident.objects.exists()


def test_a_sheet_can_be_dropped(client, community, send):
    sign_in(client, Role.STATION_CLERK, community)
    upload(send, person())
    sheet = SheetImport.objects.get()
    assert send(f"/sheets/{sheet.pk}/drop/")["Location"] == "/sheets/"
    assert "已放弃" in page(client, "/sheets/")
    assert send(f"/sheets/{sheet.pk}/commit/").status_code == 409


def test_a_form_sent_twice_loads_once(client, community, send):
    sign_in(client, Role.STATION_CLERK, community)
    key = uuid.uuid4()
    first, second = upload(send, person(), key=key), upload(send, person(), key=key)
    assert first["Location"] == second["Location"]
    assert SheetImport.objects.count() == 1


def test_a_form_sent_again_with_another_file_is_refused(client, community, send):
    sign_in(client, Role.STATION_CLERK, community)
    key = uuid.uuid4()
    assert upload(send, person(), key=key).status_code == 302
    assert upload(send, person(姓名="李强"), key=key).status_code == 422
    assert SheetImport.objects.count() == 1


def test_a_file_that_is_no_sheet_is_told_with_422(client, community, send):
    sign_in(client, Role.STATION_CLERK, community)
    for content, told in [(b"\x00\x01 no sheet", "不是报表文件"), ("姓名\n王芳\n".encode(), "缺少必需的列")]:
        answer = upload(send, content=content)
        assert answer.status_code == 422
        assert told in answer.content.decode()
    assert not SheetImport.objects.exists()


def test_a_workbook_that_turns_out_unreadable_says_so_on_its_page(client, community, send):
    sign_in(client, Role.STATION_CLERK, community)
    upload(send, content=b"PK\x03\x04 damaged")
    sheet = SheetImport.objects.get()
    assert sheet.state == SheetState.REFUSED
    assert "请改正文件后重新导入" in page(client, f"/sheets/{sheet.pk}/")


@pytest.mark.parametrize("wrong", [{"kind": "areas"}, {"on": "nonsense"}, {"content": b""}])
def test_a_form_with_errors_says_them_beside_the_field(client, community, send, wrong):
    sign_in(client, Role.STATION_CLERK, community)
    answer = upload(send, person(), **wrong)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not SheetImport.objects.exists()


def test_a_file_past_the_limit_is_told_with_413(client, community, send, settings):
    settings.SHEET_MAX_BYTES = 10
    sign_in(client, Role.STATION_CLERK, community)
    assert upload(send, person()).status_code == 413
    assert not SheetImport.objects.exists()


def test_a_sheet_of_another_area_is_not_found(client, community, send):
    sign_in(client, Role.STATION_CLERK, community)
    upload(send, person())
    sheet = SheetImport.objects.get()
    sign_in(client, Role.STATION_CLERK, elsewhere(community))
    assert client.get(f"/sheets/{sheet.pk}/").status_code == 404
    for action in ["commit", "drop", "undo"]:
        assert client.post(f"/sheets/{sheet.pk}/{action}/").status_code == 404


def test_who_may_not_load_a_kind_decides_nothing_about_it(client, community, send):
    sign_in(client, Role.STATION_CLERK, community)
    upload(send, person())
    sheet = SheetImport.objects.get()
    sign_in(client, Role.SYSTEM_ADMIN, community)
    assert "写入合格的行" not in page(client, f"/sheets/{sheet.pk}/")
    for action in ["commit", "drop", "undo"]:
        assert client.post(f"/sheets/{sheet.pk}/{action}/").status_code == 403


def test_progress_comes_as_a_part_of_the_page(client, community, send):
    sign_in(client, Role.STATION_CLERK, community)
    upload(send, person())
    sheet = SheetImport.objects.get()
    part = client.get(f"/sheets/{sheet.pk}/", headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert "every 2s" not in part
    Run.objects.filter(pk=sheet.run_id).update(state=RunState.RUNNING)
    assert "every 2s" in page(client, f"/sheets/{sheet.pk}/")
    Run.objects.filter(pk=sheet.run_id).update(state=RunState.FAILED, error="the disk is full")
    assert "the disk is full" in page(client, f"/sheets/{sheet.pk}/")


def test_runs_are_ones_own_unless_one_keeps_them_all(client, community):
    posting = sign_in(client, Role.STATION_CLERK, community)
    own = Run.objects.create(job="export_board", posting=posting, rows_done=3, rows_total=4, state=RunState.RUNNING)
    night = Run.objects.create(job="night", business_day="2026-10-31", state=RunState.DONE, result={"areas": 7})
    text = page(client, "/runs/")
    assert f"/runs/{own.pk}/" in text
    assert f"/runs/{night.pk}/" not in text
    assert "every 2s" in page(client, f"/runs/{own.pk}/")
    assert client.get(f"/runs/{night.pk}/").status_code == 404
    sign_in(client, Role.SYSTEM_ADMIN, community)
    assert f"/runs/{night.pk}/" in page(client, "/runs/")
    assert "every 2s" not in page(client, f"/runs/{night.pk}/")


@pytest.mark.parametrize("address", ["/runs/", "/trail/", "/sheets/"])
def test_lists_cost_the_same_at_any_size(client, community, address, django_assert_max_num_queries):
    role = Role.AUDIT_ADMIN if address == "/trail/" else Role.SYSTEM_ADMIN
    posting = sign_in(client, role, community)

    def more(number):
        for _turn in range(number):
            Run.objects.create(job="export_board", posting=posting)
            SheetImport.objects.create(
                kind="roster",
                on="2026-10-31",
                posting=posting,
                file=files.store("a.csv", b"a", content_type="text/csv"),
            )
            record_event("export", posting=posting)

    more(1)
    with django_assert_max_num_queries(30) as few:
        client.get(address)
    more(29)
    with django_assert_max_num_queries(len(few)):
        client.get(address)


def test_the_trail_is_read_by_person_and_day(client, community):
    posting = sign_in(client, Role.STATION_CLERK, community)
    record_event("reveal", posting=posting, key=7)
    sign_in(client, Role.AUDIT_ADMIN, community)
    assert "查看完整号码" in page(client, "/trail/")
    assert "查看完整号码" in page(client, f"/trail/?staff={posting.staff.number}")
    assert "查看完整号码" not in page(client, "/trail/?staff=nobody")
    assert "查看完整号码" not in page(client, "/trail/?on=2001-01-01")
    page(client, "/trail/?on=nonsense&cursor=nonsense")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_speak_the_chosen_language(client, community, language):
    sign_in(client, Role.CITY_OFFICE, community)
    client.post("/language/", {"language": language, "next": "/sheets/"})
    text = page(client, "/sheets/")
    assert ("导入报表" in text) is (language == "zh-hans")
    assert ("Load a sheet" in text) is (language == "en")
    assert superior(community, AreaLevel.CITY).name in text


def test_the_posting_in_force_can_be_switched_in_the_header(client, community):
    posting = sign_in(client, Role.STATION_CLERK, community)
    assert "/postings/switch/" not in page(client, "/sheets/")
    type(posting).objects.create(
        staff=posting.staff, role=Role.STATION_HEAD, area=community, started_on=posting.started_on
    )
    assert "/postings/switch/" in page(client, "/sheets/")


def test_a_wrong_page_says_what_to_do_next(client, community):
    sign_in(client, Role.STATION_CLERK, community)
    assert "请重新搜索" in page(client, "/nothing/", 404)
    assert "当前的岗位不能打开" in page(client, "/trail/", 403)


def test_too_many_tries_close_the_sign_in(client, community):
    for _try in range(6):
        answer = client.post("/accounts/login/", {"username": "nobody", "password": "wrong"})
    assert answer.status_code == 429
    assert "尝试次数过多" in answer.content.decode()
