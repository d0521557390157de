"""What somebody with bad intent types, sends and uploads: it stays text, changes nothing else, and breaks nothing."""

import io
import re
import uuid
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms.models import model_to_dict
from django.urls import reverse
from openpyxl import load_workbook

from city.choices import AreaLevel
from city.models import Posting, Run, SheetImport, Staff, StoredFile
from households.choices import TransferState
from households.models import Household, Resident, TransferRequest, Visit
from reports.models import ManualJudgement
from tests.city.sheet_files import dict_sheet, id_number
from tests.trust.small_city import assert_strict_headers, text_of, tried
from tests.trust.test_access import MATRIX

pytestmark = pytest.mark.django_db

HOSTILE = [
    "a\0b",
    "x" * 50_000,
    "😀" * 300,
    "\ud800",
    "' OR 1=1 --",
    "community__path__startswith=/",
    "(.*)*$",
    "\r\nX-Injected: 1",
    "{{ 7*7 }}%s%(a)s",
    "../../etc/passwd",
    "-1",
    "99999999999999999999999999",
    "1e999",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "gAAAAABbroken",
    "%_\\",
]
#: What each page reads from its address.
PARAMETERS = {
    "/residents/": ("q", "cursor"),
    "/status/": ("on", "area", "verdict", "indicator", "sort", "cursor"),
    "/status/330102001001/": ("on", "compare", "trend", "indicator", "threshold"),
    "/status/330102001001/employment_rate/gap/": ("on", "cursor"),
    "/residents/retired/": ("name", "since", "until", "cursor"),
    "/hardship/": ("state", "category", "cursor"),
    "/transfers/": ("decided", "cursor"),
    "/quarter/": ("on",),
    "/courses/": ("kind", "state", "title", "cursor"),
    "/layoffs/": ("state", "employer", "cursor"),
    "/early-warnings/": ("days", "community", "cursor"),
    "/runs/": ("cursor",),
    "/sheets/": ("cursor",),
    "/trail/": ("staff", "on", "cursor"),
}
#: Names hold no digits.
PAYLOADS = [
    "<script>alert()</script>",
    '"><img src=x onerror=alert()>',
    "'><svg/onload=alert()>",
    "</title><script>x</script>",
    "{{x}}{% load x %}",
    "javascript:alert()",
    "=HYPERLINK(A)",
    "+A+B",
    "@SUM(A)",
    "＝A+B",
]


def as_form(fields):
    """The fields as a browser with bad intent would send them: bytes that need not be UTF-8."""
    return urlencode({name: text.encode("utf-8", "surrogatepass") for name, text in fields.items()})


@pytest.mark.parametrize("address", PARAMETERS)
def test_no_parameter_of_a_page_breaks_it(client, city, address):
    city.sign_in(client, "audit_admin" if address == "/trail/" else "city_office")
    usual = {"q": "王", "indicator": "employment_rate", "threshold": "96"}
    for parameter in PARAMETERS[address]:
        for text in HOSTILE:
            answer = client.get(f"{address}?{as_form(usual | {parameter: text})}")
            assert answer.status_code == 200, (parameter, text[:40])


@pytest.mark.parametrize("role", [None, "city_office", "system_admin"])
def test_no_address_breaks_the_site(client, city, role):
    if role:
        city.sign_in(client, role)
    parts = [
        "%00", "a%00b", "%ED%A0%80", "%FF", "x" * 5_000, "99999999999999999999999", "-1", "0", "%27%20OR%201=1",
        "%F0%9F%98%80", "..%2F..%2Fetc%2Fpasswd", "%0d%0aX-Injected:1", "__class__",
    ]  # fmt: skip
    frames = [
        "/{}/", "/status/{}/", "/residents/{}/", "/runs/{}/", "/sheets/{}/", "/sheets/templates/{}/", "/files/{}/",
        "/rulesets/{}/", "/charts/{}.svg", "/status/330100000000/{}/gap/", "/static/{}", "/households/{}/",
        "/status/{}/judge/two_ledgers_kept/", "/admin/{}/", "/admin/city/employer/{}/change/",
    ]  # fmt: skip
    for frame in frames:
        if (role == "system_admin") is not frame.startswith("/admin/"):
            continue
        for part in parts:
            for method in ("GET", "POST"):
                answer = tried(client, method, frame.format(part))
                assert answer.status_code < 500, (method, frame, part[:30])
                assert not answer.has_header("X-Injected")
                assert_strict_headers(answer, signed_in=False)


def test_a_refused_form_at_an_address_with_a_nul_leaves_the_trail_in_order(client, city):
    """PostgreSQL stores no NUL: a refusal there must not turn into an error."""
    client.handler.enforce_csrf_checks = True
    city.sign_in(client, "station_clerk")
    for address in ("/status/%00/", "/status/%00/judge/two_ledgers_kept/", "/%00"):
        assert client.post(address).status_code == 404


@pytest.mark.parametrize(
    "row", [row for row in MATRIX if row["method"] == "POST"], ids=lambda row: f"{row['address']} {row['object']}"
)
def test_no_form_is_broken_by_what_is_typed_into_it(client, city, row):
    if row["address"] != "login":
        city.sign_in(client, "city_office")
    fields = (
        "username", "password", "next", "language", "posting", "kind", "on", "idempotency_key", "format", "verdict",
        "judged_on", "note", "area", "indicator", "sort",
    )  # fmt: skip
    target = city.targets_of(row["object"], "city_office")[0]
    address = reverse(row["address"], args=target.args)
    for text in HOSTILE:
        form = as_form(dict.fromkeys(fields, text))
        answer = tried(client, "POST", address, form, content_type="application/x-www-form-urlencoded")
        assert answer.status_code < 500, text[:40]


def test_no_file_breaks_the_upload_by_its_name_or_content(client, city):
    city.sign_in(client, "city_office")
    form = {"kind": "roster", "on": city.day.isoformat()}
    for text in HOSTILE:
        content = text.encode("utf-8", "surrogatepass")
        for name in ("a.csv", content.decode("utf-8", "replace")[:150] + ".xlsx"):
            for body in (content, b"PK\x03\x04" + content, "社区代码,户号,姓名,身份证号\n".encode() + content):
                sent = SimpleUploadedFile("a.csv", body)
                sent._name = name
                answer = tried(client, "POST", "/sheets/upload/", form | {"file": sent})
                assert answer.status_code in (302, 400, 422), (name[:40], body[:40])


def everything():
    models = (Posting, Staff, Resident, Household, TransferRequest, SheetImport, StoredFile, Run, ManualJudgement)
    return {model: {row.pk: model_to_dict(row) for row in model.objects.all()} for model in models}


def changed(before, after):
    """{model: {field names}} of rows that were there before, and models with new rows."""
    fields = {}
    for model, rows in after.items():
        for key, row in rows.items():
            known = before[model].get(key)
            names = {"(new)"} if known is None else {name for name in row if row[name] != known[name]}
            if names:
                fields.setdefault(model.__name__, set()).update(names)
    return fields


ALL_FIELDS = {
    "id": "1", "pk": "1", "state": "accepted", "status": "met", "posting_id": "1", "staff": "1", "staff_id": "1",
    "by": "1", "by_id": "1", "role": "city_office", "area": "330100000000", "area_id": "1", "path": "/",
    "community": "1", "community_id": "1", "is_active": "", "is_staff": "on", "is_superuser": "on", "password": "x",
    "origin_agreed": "1", "destination_agreed": "1", "decided_at": "2020-01-01", "act": "1", "file_id": "1",
    "errors_file": "1", "summary": "{}", "run": "1", "household": "1", "resident": "1", "relation": "head",
    "moves_on": "2020-01-01", "row": "{}", "manual": "no_valid_complaints", "ruleset": "1", "id_number": "1",
    "job": "night", "parameters": "{}", "result": "{}", "expires_at": "", "stored_as": str(uuid.uuid4()),
}  # fmt: skip


@pytest.mark.parametrize(
    ("address", "form", "expected"),
    [
        ("/postings/switch/", {"posting": "own"}, {}),
        ("/residents/{resident}/number/", {}, {}),
        ("/transfers/{transfer}/agree/", {}, {"TransferRequest": {"origin_agreed"}}),
        ("/transfers/{transfer}/refuse/", {}, {"TransferRequest": {"state", "decided_at"}}),
        ("/sheets/{sheet}/drop/", {}, {"SheetImport": {"state", "decided_at"}, "StoredFile": {"expires_at"}}),
        ("/sheets/{sheet}/commit/", {}, {"SheetImport": {"state", "run"}, "Run": {"(new)"}}),
        ("/status/{code}/employment_rate/gap/export/", {"format": "csv"}, {"Run": {"(new)"}}),
        ("/status/export/", {"format": "csv"}, {"Run": {"(new)"}}),
    ],
)
def test_fields_that_no_form_has_change_nothing(client, city, address, form, expected):
    """The extra fields name every column of the rows behind the form."""
    posting = city.sign_in(client, "street_reviewer")
    transfer = next(one for one in city.targets["transfer"] if one.place == "elsewhere")
    places = {
        "resident": city.targets["resident"][0].args[0],
        "transfer": transfer.args[0],
        "sheet": city.targets["sheet"][0].args[0],
        "code": posting.area.code,
    }
    form = {name: str(posting.pk) if value == "own" else value for name, value in form.items()}
    before = everything()
    answer = client.post(address.format(**places), ALL_FIELDS | form)
    assert answer.status_code in (200, 302)
    assert changed(before, everything()) == expected
    for run in Run.objects.exclude(pk__in=before[Run]):
        assert (run.posting, run.state) == (posting, "waiting")
        assert run.job != "night"
        assert run.parameters.get("area") in (None, posting.area.code)


def test_a_judgement_is_by_who_sent_it_about_what_the_address_names(client, city):
    posting = city.sign_in(client, "city_office")
    area = city.communities["here"]
    before = everything()
    day = (city.day - timedelta(days=200)).isoformat()
    form = ALL_FIELDS | {"verdict": "met", "judged_on": day, "note": "seen"}
    assert client.post(f"/status/{area.code}/judge/two_ledgers_kept/", form).status_code == 302
    assert changed(before, everything()) == {"ManualJudgement": {"(new)"}}
    judgement = ManualJudgement.objects.exclude(pk__in=before[ManualJudgement]).get()
    assert (judgement.area, judgement.by, judgement.manual) == (area, posting.staff, "two_ledgers_kept")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2999-01-01", "nonsense"])
def test_a_day_out_of_reason_is_told_beside_its_field(client, city, day):
    city.sign_in(client, "city_office")
    sent = SimpleUploadedFile("a.csv", dict_sheet({"区划代码": "1"}))
    form = {"kind": "roster", "on": day, "file": sent, "idempotency_key": uuid.uuid4()}
    assert client.post("/sheets/upload/", form).status_code == 422
    area = city.communities["here"].code
    answer = client.post(f"/status/{area}/judge/two_ledgers_kept/", {"verdict": "met", "judged_on": day})
    assert answer.status_code == 422


def upload(client, callbacks, kind, rows, on):
    sent = SimpleUploadedFile("rows.csv", dict_sheet(*rows))
    with callbacks(execute=True):
        client.post(
            "/sheets/upload/", {"kind": kind, "file": sent, "on": on.isoformat(), "idempotency_key": uuid.uuid4()}
        )
    return SheetImport.objects.latest("pk")


def commit(client, callbacks, sheet):
    with callbacks(execute=True):
        client.post(f"/sheets/{sheet.pk}/commit/")
    sheet.refresh_from_db()
    return sheet


def hostile_rows(community):
    for number, payload in enumerate(PAYLOADS):
        yield {
            "社区代码": community.code,
            "户号": f"X{number}",
            "与户主关系": "户主",
            "姓名": payload[:60],
            "身份证号": id_number("19800101", f"{number:02}4", area="330199"),
            "住址": payload,
            "联系电话": "13800001234",
            "就业状态": "就业",
            "状态起始日期": "2020-01-01",
            "就业单位": payload,
        }


def test_what_a_sheet_brings_in_comes_out_as_text(client, city, django_capture_on_commit_callbacks):
    callbacks = django_capture_on_commit_callbacks
    city.sign_in(client, "station_clerk")
    community = city.communities["here"]
    sheet = commit(client, callbacks, upload(client, callbacks, "roster", hostile_rows(community), city.day))
    homes = Household.objects.filter(community=community, number__startswith="X")
    assert homes.count() >= 6, sheet.summary["errors"][:12]
    visits = [
        {
            "社区代码": community.code,
            "户号": home.number,
            "走访日期": city.day.isoformat(),
            "结果": "完成",
            "走访人": PAYLOADS[number][:60],
            "备注": PAYLOADS[number],
        }
        for number, home in enumerate(homes)
    ]
    commit(client, callbacks, upload(client, callbacks, "visits", visits, city.day))
    assert Visit.objects.filter(household__in=homes).count() >= 6
    people = Resident.objects.filter(memberships__household__in=homes)
    pages = [f"/sheets/{sheet.pk}/", "/sheets/", f"/status/{community.code}/employment_rate/numerator/"]
    pages += [f"/residents/{person.pk}/" for person in people] + [f"/households/{home.pk}/" for home in homes]
    pages += [f"/residents/?q={person.name[:10]}" for person in people]
    shown = 0
    for page in pages:
        text = text_of(client.get(page))
        assert_no_markup(text)
        shown += "&lt;script&gt;" in text
    assert shown > 3


MARKUP = re.compile(r"<script>|<img src=x|<svg/onload|onerror=alert\(\)>|href=\"javascript:", re.I)


def assert_no_markup(text):
    assert MARKUP.findall(text) == []


def test_a_name_with_a_formula_is_text_in_every_file(client, city, django_capture_on_commit_callbacks):
    callbacks = django_capture_on_commit_callbacks
    posting = city.sign_in(client, "station_clerk")
    community = city.communities["here"]
    rows = [row | {"就业状态": "失业", "就业单位": ""} for row in hostile_rows(community)]
    rows.append(rows[0] | {"身份证号": "=1+1", "住址": "=cmd|' /C calc'!A0"})
    sheet = commit(client, callbacks, upload(client, callbacks, "roster", rows, city.day))
    area = f"/status/{community.code}/employment_rate/gap/export/"
    on = (city.day + timedelta(days=1)).isoformat()
    files = [sheet.errors_file]
    for format_ in ("xlsx", "csv"):
        with callbacks(execute=True):
            client.post(area, {"format": format_, "on": on})
        files.append(StoredFile.objects.latest("pk"))
    for stored in files:
        content = b"".join(client.get(f"/files/{stored.stored_as}/").streaming_content)
        if stored.name.endswith("xlsx"):
            cells = [cell for line in load_workbook(io.BytesIO(content)).active.iter_rows() for cell in line]
            assert {cell.data_type for cell in cells} <= {"s", "n"}
            assert [cell.coordinate for cell in cells if cell.hyperlink] == []
        else:
            assert re.findall(r'(?m)(?:^|,)"?[=+\-@|＝＋－＠]', content.decode("utf-8-sig")) == []
    assert posting.area.level == AreaLevel.COMMUNITY


def test_a_sheet_writes_nothing_into_another_area(client, city, django_capture_on_commit_callbacks):
    callbacks = django_capture_on_commit_callbacks
    city.sign_in(client, "station_clerk")
    foreign = city.communities["elsewhere"]
    home = Household.objects.filter(community=foreign).first()
    before = Household.objects.filter(community=foreign).count(), Resident.objects.filter(community=foreign).count()
    rows = [row | {"社区代码": foreign.code, "户号": home.number} for row in hostile_rows(foreign)]
    sheet = commit(client, callbacks, upload(client, callbacks, "roster", rows, city.day))
    assert (sheet.summary["refused"], sheet.summary["new"]) == (len(rows), 0)
    visit = {"社区代码": foreign.code, "户号": home.number, "走访日期": city.day.isoformat(), "结果": "完成"}
    sheet = commit(client, callbacks, upload(client, callbacks, "visits", [visit], city.day))
    assert sheet.summary["refused"] == 1
    after = Household.objects.filter(community=foreign).count(), Resident.objects.filter(community=foreign).count()
    assert after == before


def test_a_person_of_another_district_is_asked_for_and_not_taken(client, city, django_capture_on_commit_callbacks):
    """The answer tells that the number is known somewhere, not where, nor under which name."""
    callbacks = django_capture_on_commit_callbacks
    city.sign_in(client, "station_clerk")
    stranger = Resident.objects.filter(community=city.communities["elsewhere"]).exclude(id_hash=None).first()
    here = city.communities["here"]
    row = next(hostile_rows(here)) | {"身份证号": stranger.id_number}
    for name in (stranger.name, "别名"):
        sheet = commit(client, callbacks, upload(client, callbacks, "roster", [row | {"姓名": name}], city.day))
        stranger.refresh_from_db()
        assert stranger.community == city.communities["elsewhere"]
        text = text_of(client.get(f"/sheets/{sheet.pk}/"))
        assert stranger.name not in text
        assert city.communities["elsewhere"].name not in text
        assert city.numbers_in(client.get(f"/sheets/{sheet.pk}/")) == set()
    asked = TransferRequest.objects.filter(resident=stranger, household__community=here, state=TransferState.ASKED)
    assert asked.count() <= 1
