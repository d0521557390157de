"""Printed forms and ledgers: what they hold, who may have them, and what they leave in the trail."""

import io
import re
from datetime import date

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from city import files, ledgers, paper
from city.choices import Role
from city.models import Run, StoredFile, TrailEntry
from households import ledger
from households.choices import LabourState
from households.models import FourClear
from tests.assistance.factories import CaseFactory, LayoffNoticeFactory, LayoffPersonFactory
from tests.city.factories import AreaFactory, PostingFactory
from tests.households.factories import (
    HardshipCertificationFactory,
    HouseholdFactory,
    ResidentFactory,
    VisitFactory,
    ZeroEmploymentEpisodeFactory,
)

pytestmark = pytest.mark.django_db
D = date(2026, 10, 31)


@pytest.fixture
def home():
    return HouseholdFactory(community=AreaFactory(community=True), number="0012A")


def sign_in(client, posting):
    client.force_login(posting.staff)
    return posting


def lines(code, area, day=D):
    return [
        dict(zip(ledgers.ledger_named(code).headings, row, strict=True))
        for row in ledgers.ledger_named(code).rows(area, day)
    ]


def test_every_ledger_gives_a_cell_for_every_heading(home):
    resident = ResidentFactory(home=home, spell={"state": LabourState.UNEMPLOYED, "started_on": date(2026, 3, 1)})
    ResidentFactory(home=home, spell={"started_on": date(2026, 5, 1), "channel": "flexible"})
    ResidentFactory(home=home, birth_date=date(1950, 1, 1), spell={"state": 3, "inactive_reason": "retired"})
    HardshipCertificationFactory(resident=resident)
    ZeroEmploymentEpisodeFactory(household=home)
    VisitFactory(household=home)
    ledger.rebuild()
    for one in ledgers.all_ledgers():
        for row in one.rows(home.community, D):
            assert len(list(row)) == len(one.headings), one.code


def test_the_ledger_of_the_unemployed_tells_what_is_known_and_leaves_the_rest_empty(home):
    known = ResidentFactory(home=home, spell={"state": LabourState.UNEMPLOYED, "started_on": date(2026, 3, 1)})
    FourClear.objects.create(resident=known, noted_on=D, cause="laid_off", work_wish="any", skills="焊工")
    ResidentFactory(home=home, spell={"state": LabourState.UNEMPLOYED, "started_on": date(2025, 3, 1)}, name="zz")
    ResidentFactory(home=home, spell={"started_on": date(2026, 3, 1)})
    ledger.rebuild()
    first, second = lines("L2", home.community)
    assert first["技能特长"] == "焊工"
    assert first["身份证号"] == known.masked_number
    assert (first["类型(短/中/长期)"], second["类型(短/中/长期)"]) == ("中期", "长期")
    assert (second["技能特长"], second["求职意向"]) == ("", "")


def test_a_ledger_is_as_of_its_day(home):
    ResidentFactory(home=home, spell={"state": LabourState.UNEMPLOYED, "started_on": D})
    ledger.rebuild()
    assert [len(lines("L2", home.community, day)) for day in (date(2026, 10, 30), D)] == [0, 1]


def test_the_zero_household_ledger_names_members_and_ends(home):
    one = ResidentFactory(
        home=home, name="甲", spell={"state": LabourState.UNEMPLOYED, "started_on": date(2026, 3, 1)}
    )
    FourClear.objects.create(resident=one, noted_on=date(2026, 9, 1), skills="会计", work_wish="any")
    ZeroEmploymentEpisodeFactory(household=home, card_number="K1", eliminated_on=date(2026, 11, 2))
    ledger.rebuild()
    (row,) = lines("L4", home.community)
    assert (row["编号/卡号"], row["失业人数"], row["消除日期"]) == ("K1", 1, "")
    told = row["成员明细(关系, 失业时间, 技能, 意愿)"]
    assert told.startswith("甲（")
    assert "2026-03-01" in told
    assert "会计" in told
    (row,) = lines("L4", home.community, date(2026, 11, 2))
    assert row["消除日期"] == date(2026, 11, 2)


def test_the_layoff_ledger_counts_families_and_holds_what_is_planned_for_next_year(home):
    notice = LayoffNoticeFactory(area=home.community.parent, planned_on=date(2027, 1, 5))
    LayoffNoticeFactory(area=home.community.parent, planned_on=date(2025, 12, 31))
    for person in [ResidentFactory(home=home, spell={}) for _number in range(2)]:
        LayoffPersonFactory(notice=notice, resident=person)
    ledger.rebuild()
    (row,) = lines("L13", home.community)
    assert (row["涉及家庭"], row["实施日期"]) == (1, "2027-01-05（计划）")
    elsewhere = HouseholdFactory(community=AreaFactory(community=True, parent=home.community.parent))
    assert [one["涉及家庭"] for one in lines("L13", elsewhere.community)] == [0]


def test_the_visit_sheet_asks_nothing_of_children(home):
    ResidentFactory(home=home, name="大")
    ResidentFactory(home=home, name="小", birth_date=date(2020, 1, 1))
    form = paper.form_named("visits")
    (line,) = form.values(home.community, None)["households"]
    assert sorted(line[2].split("；")) == ["大（其他，未调查）", "小（其他）"]


@pytest.mark.parametrize("code", ["L1", "L3", "L4"])
def test_a_ledger_costs_the_same_queries_for_many(home, code, django_assert_num_queries):
    def fill(number):
        for _number in range(number):
            house = HouseholdFactory(community=home.community)
            resident = ResidentFactory(home=house, spell={"state": LabourState.UNEMPLOYED})
            HardshipCertificationFactory(resident=resident)
            ZeroEmploymentEpisodeFactory(household=house)
        ledger.rebuild()

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (1, 20):
        fill(number)
        with CaptureQueriesContext(connection) as queries:
            lines(code, home.community)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_ledger_asked_for_is_a_file_with_the_printed_headings(client, home, django_capture_on_commit_callbacks):
    posting = sign_in(client, PostingFactory(area=home.community))
    ResidentFactory(home=home, spell={"state": LabourState.UNEMPLOYED})
    ledger.rebuild()
    sent = {"ledger": "L2", "area": home.community.pk, "on": "2026-10-31"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("city:ledgers"), sent)
    run = Run.objects.get(job="make_ledger")
    assert answer.url == reverse("city:run", args=[run.pk])
    stored = StoredFile.objects.visible_to(posting).get()
    rows = CalamineWorkbook.from_filelike(io.BytesIO(files.read(stored))).get_sheet_by_index(0).to_python()
    assert rows[0] == ["序号", *ledgers.ledger_named("L2").headings]
    assert rows[1][0] == 1
    assert TrailEntry.objects.filter(table="export").exists()


def test_a_ledger_of_another_area_or_an_impossible_day_is_refused(client, home):
    sign_in(client, PostingFactory(area=home.community))
    other = AreaFactory(community=True)
    for sent in ({"area": other.pk}, {"on": "1800-01-01"}, {"ledger": "L99"}):
        answer = client.post(
            reverse("city:ledgers"), {"ledger": "L2", "area": home.community.pk, "on": "2026-10-31"} | sent
        )
        assert answer.status_code == 422
    assert not Run.objects.exists()


def printed(client, form, key):
    return client.post(reverse("city:print_form", args=[form, key]))


def test_a_form_is_a_pdf_and_leaves_a_line_in_the_trail(client, home):
    sign_in(client, PostingFactory(area=home.community))
    ResidentFactory(home=home, name="张㛃𠮷")
    ledger.rebuild()
    case = CaseFactory(resident=ResidentFactory(home=home), community=home.community, words="= #strong[x] $1$")
    episode = ZeroEmploymentEpisodeFactory(household=home)
    case.resident.community = home.community
    case.resident.save()
    for form, key in (("card", episode.pk), ("promise", case.pk), ("visits", home.community.pk)):
        answer = printed(client, form, key)
        assert answer.status_code == 200, form
        assert answer.content.startswith(b"%PDF-")
        assert re.search(r'attachment; filename="', answer["Content-Disposition"])
    assert TrailEntry.objects.filter(table="print").count() == 3


def test_a_form_of_another_area_does_not_exist(client, home):
    sign_in(client, PostingFactory(area=AreaFactory(community=True)))
    episode = ZeroEmploymentEpisodeFactory(household=home)
    assert printed(client, "card", episode.pk).status_code == 404
    assert printed(client, "nonsense", 1).status_code == 404
    assert not TrailEntry.objects.filter(table="print").exists()


def test_who_may_not_print_gets_nothing(client, home):
    sign_in(client, PostingFactory(area=home.community.parent.parent.parent, role=Role.CITY_LEADER))
    episode = ZeroEmploymentEpisodeFactory(household=home)
    assert printed(client, "card", episode.pk).status_code == 403
    assert client.get(reverse("city:ledgers")).status_code == 403


def test_every_form_has_its_layout():
    for page in ("declaration", "hardship", "episode", "case", "place"):
        for form in paper.forms_of(page):
            assert (paper.LAYOUTS / form.layout).is_file()
