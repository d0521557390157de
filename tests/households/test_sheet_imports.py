"""A sheet on the page: upload, preview, decision, undo; and persons known elsewhere."""

import json
from datetime import date

import pytest

from city import files
from city.choices import Role, SheetState
from city.digests import digests
from city.models import Run
from city.services import sheet_imports
from city.sheets.reader import SheetRefused
from city.trail import acting
from config.conflict import Conflict
from households import ledger
from households.models import Household, LabourSpell, Membership, Resident, TransferRequest, Visit
from households.services import transfers
from tests.city.factories import AreaFactory, PostingFactory
from tests.city.sheet_files import dict_sheet, id_number, xlsx_bytes
from tests.households.sheet_runs import CODE, DAY, person, run, told

pytestmark = pytest.mark.django_db

ELSEWHERE = "330102002001"
JOB = {"就业状态": "就业", "状态起始日期": "2025-01-01"}


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.FILES_ROOT = tmp_path


@pytest.fixture
def community():
    return AreaFactory(community=True, code=CODE)


@pytest.fixture
def clerk(community):
    return PostingFactory(area=community)


@pytest.fixture
def elsewhere(community):
    """A community of another street of the same district."""
    street = AreaFactory(level="street", parent=community.parent.parent, code="330102002000")
    return AreaFactory(level="community", parent=street, code=ELSEWHERE)


@pytest.fixture
def decided(django_capture_on_commit_callbacks):
    """Calls a service and has its job done, as without a broker."""

    def call(service, **values):
        with django_capture_on_commit_callbacks(execute=True):
            sheet = service(**values)
        sheet.refresh_from_db()
        return sheet

    return call


@pytest.fixture
def upload(clerk, decided):
    def send(*rows, kind="roster", content=None, **options):
        content = content or dict_sheet(*rows)
        values = {"posting": clerk, "kind_name": kind, "name": "名册.csv", "content": content, "on": DAY}
        return decided(sheet_imports.upload, **values | options)

    return send


def test_an_upload_is_checked_and_nothing_is_written(upload, clerk):
    sheet = upload(person(), person(身份证号="3"))
    assert sheet.state == SheetState.PREVIEW
    assert {key: sheet.summary[key] for key in ("rows", "new", "changed", "unchanged", "refused")} == {
        "rows": 2,
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "refused": 1,
    }
    assert [set(error) for error in sheet.summary["errors"]] == [{"row", "column", "message"}]
    assert files.read(sheet.errors_file).startswith(b"PK")
    assert not Household.objects.exists()
    assert "330102" not in json.dumps(list(Run.objects.values_list("parameters", "result")))


@pytest.mark.parametrize("content", [b"<html>", dict_sheet({"姓名": "x"}), xlsx_bytes(["姓名"], [["x"]])])
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(upload, content):
    sheet = upload(content=content)
    assert sheet.state == SheetState.REFUSED
    assert sheet.summary["refused"]


def test_a_file_that_is_too_large_is_refused_at_once(upload, settings):
    settings.SHEET_MAX_BYTES = 10
    with pytest.raises(SheetRefused):
        upload(person())


def test_a_sheet_is_written_once_and_dropped_only_before(upload, clerk, decided):
    sheet = upload(person())
    committed = decided(sheet_imports.commit, sheet_id=sheet.pk, posting=clerk)
    assert (committed.state, committed.act.posting, committed.summary["new"]) == (SheetState.COMMITTED, clerk, 1)
    assert Resident.objects.count() == 1
    for service in (sheet_imports.commit, sheet_imports.drop):
        with pytest.raises(Conflict):
            service(sheet_id=sheet.pk, posting=clerk)
    dropped = upload(person())
    sheet_imports.drop(sheet_id=dropped.pk, posting=clerk)
    with pytest.raises(Conflict):
        sheet_imports.commit(sheet_id=dropped.pk, posting=clerk)


def test_a_commit_that_is_called_twice_writes_once(upload, clerk, decided):
    sheet = decided(sheet_imports.commit, sheet_id=upload(person()).pk, posting=clerk)
    act = sheet.act
    sheet_imports.write(sheet.run)
    sheet.refresh_from_db()
    assert sheet.act == act


def test_a_whole_roster_is_undone(upload, clerk, decided):
    run("roster", person(**JOB, 联系电话="13800138000"))
    before = digests()
    changed = person(
        就业状态="失业", 状态起始日期="2026-01-01", 联系电话="13900139000", 户号="9", 低保="是", 女性退休类别="55"
    )
    sheet = upload(changed, person(身份证号=id_number("19850505", "137"), 姓名="李强", 网格="一", **JOB))
    sheet = decided(sheet_imports.commit, sheet_id=sheet.pk, posting=clerk)
    assert (sheet.summary["new"], sheet.summary["changed"]) == (1, 1)
    assert digests() != before
    assert decided(sheet_imports.undo, sheet_id=sheet.pk, posting=clerk).state == SheetState.UNDONE
    assert digests() == before
    assert ledger.check()["differ"] == 0
    with pytest.raises(Conflict):
        sheet_imports.undo(sheet_id=sheet.pk, posting=clerk)


def test_undone_visits_confirm_nobody(upload, clerk, decided):
    run("roster", person(**JOB))
    row = {"社区代码": CODE, "户号": "1", "走访日期": "2026-03-01", "结果": "完成", "情况无变化": "是"}
    sheet = decided(sheet_imports.commit, sheet_id=upload(row, kind="visits").pk, posting=clerk)
    decided(sheet_imports.undo, sheet_id=sheet.pk, posting=clerk)
    assert not Visit.objects.exists()
    assert ledger.check()["differ"] == 0


def test_a_sheet_something_was_built_on_stays(upload, clerk, decided):
    sheet = decided(sheet_imports.commit, sheet_id=upload(person(**JOB)).pk, posting=clerk)
    run("roster", person(**JOB, 月收入=3000))
    sheet = decided(sheet_imports.undo, sheet_id=sheet.pk, posting=clerk)
    assert sheet.state == SheetState.COMMITTED
    assert sheet.summary["undo_refused"]
    assert LabourSpell.objects.exists()


def test_a_community_outside_is_refused_on_a_page(upload, elsewhere):
    sheet = upload(person(社区代码=ELSEWHERE))
    assert [error["column"] for error in sheet.summary["errors"]] == ["社区代码"]


@pytest.fixture
def asked(upload, clerk, decided, elsewhere):
    """A person of the other street claimed by our clerk's sheet, with a new job on the row."""
    run("roster", person(社区代码=ELSEWHERE))
    sheet = upload(person(**JOB, 户号="7", 与户主关系="配偶", 月收入="3000"))
    assert [error["column"] for error in sheet.summary["errors"]] == ["身份证号"]
    assert not TransferRequest.objects.exists()
    decided(sheet_imports.commit, sheet_id=sheet.pk, posting=clerk)
    return TransferRequest.objects.get()


def reviewer(area):
    return PostingFactory(area=area, role=Role.STREET_REVIEWER)


def test_a_person_known_elsewhere_is_asked_for_once(asked, community, elsewhere, clerk, upload, decided):
    assert (asked.origin, asked.household.community, asked.household.number) == (elsewhere, community, "7")
    assert Membership.objects.count() == 1
    decided(sheet_imports.commit, sheet_id=upload(person(户号="7")).pk, posting=clerk)
    assert TransferRequest.objects.count() == 1


def test_both_streets_agree_and_the_row_is_taken(asked, community, elsewhere):
    transfers.agree(transfer_id=asked.pk, by=reviewer(elsewhere.parent))
    assert Membership.objects.count() == 1
    done = transfers.agree(transfer_id=asked.pk, by=reviewer(community.parent))
    assert (done.state, done.decided_at is None) == ("accepted", False)
    assert list(
        Membership.objects.order_by("started_on").values_list("started_on", "household__number", "relation")
    ) == [
        (date(1980, 1, 1), "1", "head"),
        (DAY, "7", "spouse"),
    ]
    assert LabourSpell.objects.get().monthly_income == 3000
    assert Resident.objects.get().community == community
    with pytest.raises(Conflict):
        transfers.refuse(transfer_id=asked.pk, by=reviewer(community.parent))


def test_a_superior_of_both_agrees_alone(asked, community):
    district = PostingFactory(area=community.parent.parent, role=Role.DISTRICT_OFFICER)
    assert transfers.agree(transfer_id=asked.pk, by=district).state == "accepted"


def test_one_side_refuses_and_the_person_stays(asked, elsewhere):
    assert transfers.refuse(transfer_id=asked.pk, by=reviewer(elsewhere.parent)).state == "refused"
    assert Membership.objects.count() == 1


@pytest.mark.parametrize("service", [transfers.agree, transfers.refuse])
def test_nobody_else_has_a_say(asked, clerk, community, service):
    stranger = reviewer(AreaFactory(level="street", parent=community.parent.parent, code="330102003000"))
    for posting in (clerk, stranger):
        with pytest.raises(transfers.CannotAgree):
            service(transfer_id=asked.pk, by=posting)


def test_a_row_that_no_longer_fits_is_told_and_nothing_moves(asked, community):
    run("roster", person(社区代码=ELSEWHERE, 就业状态="失业", 状态起始日期="2026-01-01"))
    district = PostingFactory(area=community.parent.parent, role=Role.DISTRICT_OFFICER)
    with pytest.raises(transfers.CannotAgree), acting(reason="test"):
        transfers.agree(transfer_id=asked.pk, by=district)
    assert Membership.objects.count() == 1
    assert TransferRequest.objects.get().state == "asked"


def test_the_command_acts_for_the_city(elsewhere):
    run("roster", person(社区代码=ELSEWHERE))
    assert told(run("roster", person())) == (1, 0, 0)
