"""Doubts about claims as findings: looked for in part and in whole, held, explained, shown."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import gettext as _

from city import findings, nightly
from city.choices import FindingState, Role
from city.models import Finding
from households import ledger
from households.choices import OutsideKind
from households.models import OutsideFact
from subsidies import doubts
from subsidies.choices import ClaimState, Doubt, LineStanding
from subsidies.evidence import evidence_of
from subsidies.models import LineFinding
from tests.city.factories import EmployerFactory, PostingFactory
from tests.desks import elsewhere, sign_in, superior
from tests.households.factories import HouseholdFactory, ResidentFactory
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory

pytestmark = pytest.mark.django_db
ON, NEXT = date(2026, 11, 20), date(2026, 11, 21)


@pytest.fixture
def home():
    return HouseholdFactory()


@pytest.fixture
def employer():
    return EmployerFactory(name="甲公司")


@pytest.fixture
def claim(home, employer):
    return ClaimFactory(area=home.community, employer=employer, state=ClaimState.STREET_REVIEWED)


def line_of(claim, home, dead=False):
    spell = {"started_on": date(2026, 1, 1), "employer": claim.employer, "channel": "employer"}
    resident = ResidentFactory(home=home, spell=spell)
    if dead:
        die(resident)
    return ClaimLineFactory(claim=claim, resident=resident)


def die(resident):
    OutsideFact.objects.create(
        id_hash=resident.id_hash, kind=OutsideKind.DEATH, started_on=date(2026, 6, 3), source="民政"
    )


def street(home):
    return PostingFactory(role=Role.STREET_REVIEWER, area=superior(home.community, "street"))


def test_an_open_doubt_holds_its_claim_until_it_is_explained(home, claim):
    line_of(claim, home, dead=True)
    other = ClaimFactory(area=home.community, employer=claim.employer, state=ClaimState.SUBMITTED)
    line_of(other, home)
    assert doubts.check(ON) == {Doubt.DIED: {"new": 1}}
    assert doubts.held([claim.pk, other.pk]) == {claim.pk: 1}
    finding = Finding.objects.get()
    findings.explain(finding=finding, reason="not_then", by=street(home), version=finding.version)
    assert doubts.held([claim.pk, other.pk]) == {}
    assert doubts.check(NEXT) == {Doubt.DIED: {"same": 1}}
    assert doubts.held([claim.pk]) == {}


def test_what_is_so_in_every_month_is_explained_once(home, claim):
    line = line_of(claim, home, dead=True)
    for month in (date(2026, 8, 1), date(2026, 9, 1)):
        ClaimLineFactory(claim=claim, resident=line.resident, month=month)
    line_of(claim, home, dead=True)
    doubts.check(ON)
    assert doubts.held([claim.pk]) == {claim.pk: 4}
    finding = line.findings.get().finding
    findings.explain(finding=finding, reason="not_then", words="w", by=street(home), version=finding.version)
    assert doubts.held([claim.pk]) == {claim.pk: 1}
    assert set(Finding.objects.exclude(state="open").values_list("reason", "words")) == {("not_then", "w")}


def test_what_is_another_matter_every_month_is_explained_month_by_month(home, claim):
    line = line_of(claim, home)
    line.resident.labour_spells.update(employer=None)
    ClaimLineFactory(claim=claim, resident=line.resident, month=date(2026, 8, 1))
    doubts.check(ON)
    finding = line.findings.get().finding
    findings.explain(finding=finding, reason="papers", by=street(home), version=finding.version)
    assert doubts.held([claim.pk]) == {claim.pk: 1}


def test_the_night_looks_and_holds_the_books_against_each_other(home, claim):
    line_of(claim, home, dead=True)
    told = nightly.run_steps(ON)
    assert told["claim_doubts"] == {Doubt.DIED: {"new": 1}}
    assert told["reconcile"]["new"]


def test_a_line_taken_off_holds_nothing_and_its_doubt_goes(home, claim):
    line = line_of(claim, home, dead=True)
    doubts.check(ON)
    line.standing = LineStanding.DROPPED
    line.save()
    assert doubts.held([claim.pk]) == {}
    assert doubts.check(NEXT, [claim.pk]) == {Doubt.DIED: {"dropped": 1}}


def test_a_look_at_some_claims_leaves_the_doubts_of_the_others(home, claim):
    line_of(claim, home, dead=True)
    other = ClaimFactory(area=home.community, employer=claim.employer, state=ClaimState.SUBMITTED)
    line = line_of(other, home)
    doubts.check(ON)
    die(line.resident)
    OutsideFact.objects.filter(id_hash=claim.lines.get().resident.id_hash).delete()
    assert doubts.check(ON, [other.pk]) == {Doubt.DIED: {"new": 1}}
    assert doubts.held([claim.pk, other.pk]) == {claim.pk: 1, other.pk: 1}
    assert doubts.check(ON, []) == {}
    assert doubts.check(ON) == {Doubt.DIED: {"same": 1, "dropped": 1}}


def test_a_line_written_anew_keeps_what_was_said_about_it(home, claim):
    line = line_of(claim, home, dead=True)
    doubts.check(ON)
    finding = Finding.objects.get()
    findings.explain(finding=finding, reason="not_then", by=street(home), version=finding.version)
    line.standing = LineStanding.DROPPED
    line.save()
    again = ClaimLineFactory(claim=claim, resident=line.resident)
    assert doubts.check(NEXT, [claim.pk]) == {Doubt.DIED: {"same": 1}}
    assert LineFinding.objects.get().line == again
    assert Finding.objects.get().state == FindingState.EXPLAINED


def test_a_claim_that_ended_is_asked_about_no_more(home, claim):
    line_of(claim, home, dead=True)
    claim.state = ClaimState.REJECTED
    claim.save()
    assert doubts.check(ON) == {}


def test_a_person_without_an_id_number_can_be_in_doubt(home, claim):
    line = line_of(claim, home)
    resident = line.resident
    resident.id_number, resident.id_hash, resident.no_id_reason = "", None, "foundling"
    resident.retires_on = date(2026, 7, 1)
    resident.save()
    assert doubts.check(ON) == {Doubt.RETIRED: {"new": 1}}


@pytest.mark.parametrize("look", [lambda claim: doubts.check(ON), lambda claim: evidence_of(list(claim.lines.all()))])
def test_the_same_questions_for_one_line_and_for_thirty(home, claim, look):
    def asked():
        ledger.rebuild()
        with CaptureQueriesContext(connection) as queries:
            look(claim)
        return len(queries)

    line_of(claim, home)
    look(claim)
    one = asked()
    for _number in range(29):
        line_of(claim, home)
    assert asked() == one


def test_the_page_says_what_the_claim_says_and_what_speaks_against_it(client, home, claim):
    line = line_of(claim, home, dead=True)
    doubts.check(ON)
    finding = Finding.objects.get()
    sign_in(client, Role.DISTRICT_OFFICER, home.community)
    text = client.get(reverse("city:finding", args=[finding.pk])).content.decode()
    for shown in (line.resident.name, claim.number, "甲公司", "2026-07", "2026-06-03", "民政"):
        assert shown in text
    assert reverse("subsidies:claim", args=[claim.pk]) in text
    assert _("The claim is right") in text
    assert _("The ledger is right") not in text
    assert line.resident.id_number not in text
    listed = client.get(reverse("city:findings")).content.decode()
    assert line.resident.name in listed
    panel = client.get(reverse("city:reviews")).content.decode()
    assert reverse("city:finding", args=[finding.pk]) in panel


def test_a_station_looks_a_street_decides_and_elsewhere_there_is_nothing(client, home, claim):
    line_of(claim, home, dead=True)
    doubts.check(ON)
    finding = Finding.objects.get()
    page, move = (reverse(f"city:{name}", args=[finding.pk]) for name in ("finding", "move_finding"))
    sent = {"action": "explain", "reason": "not_then", "words": "w", "version": finding.version}
    sign_in(client, Role.STATION_HEAD, home.community)
    assert client.get(page).status_code == 200
    assert client.post(move, sent).status_code == 403
    sign_in(client, Role.STREET_REVIEWER, elsewhere(home.community))
    assert client.get(page).status_code == 404
    sign_in(client, Role.STREET_REVIEWER, home.community)
    assert client.post(move, sent).status_code == 302
    assert doubts.held([claim.pk]) == {}


def test_every_kind_reads_in_one_sentence(home, claim):
    common = {"claim": "SQ1", "scheme": "post", "month": "2026-07", "claimant": ""}
    fact = {"from": "2026-05-01", "to": None, "place": "", "source": "民政"}
    other = {"claim": "SQ2", "scheme": "post_purchase", "month": "2026-07", "district": "东区"}
    stretch = {"from": "2026-07-01", "to": "2026-07-31", "state": 2, "employer": ""}
    evidence = {
        Doubt.DIED: [{"facts": [fact]}],
        Doubt.PENSION: [{"facts": [fact]}],
        Doubt.RETIRED: [{"retires_on": "2026-07-03"}],
        Doubt.ELSEWHERE: [{"employers": [{"name": "乙公司", "code": "9133"}, {"name": "丙", "from": "2026-01-01"}]}],
        Doubt.BUSINESS: [{"facts": [{**fact, "place": "小店"}]}],
        Doubt.PRISON: [{"facts": [fact]}],
        Doubt.NOT_THERE: [{"days": 3, "needed": 15, "ledger": [stretch]}, {"days": 0, "needed": 15, "ledger": []}],
        Doubt.EXCLUDED: [{"others": [{key: other[key] for key in ("claim", "scheme", "month")}]}],
        Doubt.USED_UP: [{"first": "2023-01", "most": 36}],
        Doubt.DISTRICT: [{"others": [other]}],
        Doubt.ACCOUNT: [
            {"holders": ["甲"], "others": 1, "staff": False},
            {"holders": ["甲", "乙"], "others": 7, "staff": True},
        ],
        Doubt.ATTENDANCE: [
            {"course": "T1", "left": True, "days": 0},
            {"course": "T1", "left": False, "days": 0},
            {"course": "T1", "left": False, "days": 2, "claimed": 5},
            {"days": 20, "whole": 31},
        ],
        Doubt.NOT_INSURED: [{}],
        Doubt.INSIDER: [{"staff": ["经办人"]}],
    }
    assert set(evidence) == set(Doubt)
    for doubt, cases in evidence.items():
        for case in cases:
            sides = findings.kind_named(doubt.value).describe(common | case)
            assert sides.summary
            assert "%(" not in sides.summary
            assert sides.ledger[0][1] == "SQ1"
            assert sides.outside


def test_what_stands_beside_a_line(home, claim):
    line, dead = line_of(claim, home), line_of(claim, home, dead=True)
    told = evidence_of([line, dead])
    since = _("since %(day)s") % {"day": "2026-01-01"}
    assert (_("Ledger"), f"甲公司 · {since}", "good") in told[line.pk]
    assert (_("Insured"), _("month not told yet"), "") in told[line.pk]
    assert (_("Claimed since"), "2026-07", "") in told[line.pk]
    assert [tone for _label, _value, tone in told[line.pk]].count("bad") == 0
    assert (OutsideKind.DEATH.label, "2026-06-03 · 民政", "bad") in told[dead.pk]
