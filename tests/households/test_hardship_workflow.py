"""Hardship certification: every step × every role × own, sibling and other district; illegal ones leave no trace."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from city.choices import AreaLevel, Role
from city.models import Move, Parameter, StoredFile
from city.moves import NotAllowed, StepRefused
from config.conflict import Conflict
from households import ledger
from households.choices import HardshipApplicationState
from households.hardship import Proposal
from households.ledger import LedgerRefused
from households.models import HardshipApplication, HardshipCertification
from households.services import hardship
from households.workflow import HARDSHIP
from tests.city.factories import AreaFactory, PostingFactory
from tests.desks import elsewhere, sign_in, superior
from tests.households.factories import HardshipCertificationFactory, HouseholdFactory, ResidentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
TODAY = date(2026, 11, 21)
STATION = {Role.STATION_CLERK, Role.STATION_HEAD}
STREET = {Role.STREET_REVIEWER}
#: (action, from, to, who may): written out here, apart from the table it checks.
TABLE = [
    ("propose", "", "proposed", STATION),
    ("certify", "proposed", "certified", STREET),
    ("send_back", "proposed", "returned", STREET),
    ("refuse", "proposed", "refused", STREET),
    ("correct", "returned", "proposed", STATION),
]
LEVELS = {
    Role.STATION_CLERK: AreaLevel.COMMUNITY,
    Role.STATION_HEAD: AreaLevel.COMMUNITY,
    Role.STREET_REVIEWER: AreaLevel.STREET,
    Role.DISTRICT_OFFICER: AreaLevel.DISTRICT,
    Role.FINANCE: AreaLevel.DISTRICT,
}
DISABLED = Proposal("disabled", "disability", "残疾证 123", date(2027, 11, 20))
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture
def _today(time_machine):
    time_machine.move_to("2026-11-21T09:00+08:00")


@pytest.fixture
def community():
    return AreaFactory(community=True)


@pytest.fixture
def resident(community):
    person = ResidentFactory(home=HouseholdFactory(community=community), spell={"state": 2})
    ledger.rebuild()
    person.refresh_from_db()
    return person


@pytest.fixture
def clerk(community):
    return PostingFactory(area=community)


@pytest.fixture
def reviewer(community):
    return PostingFactory(role=Role.STREET_REVIEWER, area=community.parent)


def posted(role, community):
    return PostingFactory(role=role, area=superior(community, LEVELS.get(role, AreaLevel.CITY)))


def sibling_of(community):
    return AreaFactory(
        level=AreaLevel.COMMUNITY, parent=AreaFactory(level=AreaLevel.STREET, parent=community.parent.parent)
    )


def application_in(state, resident, clerk, reviewer):
    if not state:
        return None
    made = hardship.propose(resident_id=resident.pk, proposal=DISABLED, by=clerk)
    action = {"returned": "send_back", "certified": "certify", "refused": "refuse"}.get(state)
    return decide(made, action, reviewer) if action else made


def decide(application, action, by, **terms):
    reason = {"send_back": "proof", "refuse": "conditions"}.get(action, "")
    sent = {"reason": reason, "words": "说明", **terms}
    return hardship.decide(application_id=application.pk, action=action, by=by, version=application.version, **sent)


def attempt(action, application, resident, by):
    if action == "propose":
        return hardship.propose(resident_id=resident.pk, proposal=DISABLED, by=by)
    if action == "correct":
        proposal = Proposal("disabled", "disability", "已补", upload=("证.png", PNG))
        return hardship.correct(application_id=application.pk, proposal=proposal, by=by, version=application.version)
    return decide(application, action, by)


def traces():
    """Everything a step may leave behind."""
    names = ("pk", "state", "version", "proof_words", "proof_file", "certification")
    return (
        list(HardshipApplication.objects.values_list(*names)),
        list(HardshipCertification.objects.values_list("pk", "ended_on")),
        Move.objects.count(),
        StoredFile.objects.count(),
    )


def test_no_button_sends_again_what_was_not_put_right(client, community, resident, clerk, reviewer):
    application = application_in("returned", resident, clerk, reviewer)
    left = traces()
    client.force_login(clerk.staff)
    address = reverse("households:hardship_application", args=[application.pk])
    assert client.post(address, {"action": "correct", "version": application.version}).status_code == 422
    assert traces() == left


@pytest.mark.parametrize(("action", "before", "after", "allowed"), TABLE)
def test_who_may_take_a_step_and_where(community, resident, clerk, reviewer, action, before, after, allowed):
    application = application_in(before, resident, clerk, reviewer)
    left, welcome = traces(), []
    for area in (community, sibling_of(community), elsewhere(community)):
        for role in Role:
            by = posted(role, area)
            if role in allowed and community.path.startswith(by.area.path):
                welcome.append(by)
                continue
            with pytest.raises(NotAllowed):
                attempt(action, application, resident, by)
            assert traces() == left, (area, role)
    assert {by.role for by in welcome} == allowed
    for by in welcome:
        with transaction.atomic():
            assert attempt(action, application, resident, by).state == after
            transaction.set_rollback(True)
        if application:
            application.refresh_from_db()


@pytest.mark.parametrize("state", HardshipApplicationState.values)
@pytest.mark.parametrize("action", ["certify", "send_back", "refuse", "correct"])
def test_from_any_other_state_it_is_a_conflict_without_a_trace(resident, clerk, reviewer, state, action):
    application = application_in(state, resident, clerk, reviewer)
    if HARDSHIP.step_from(state, action):
        return
    left = traces()
    with pytest.raises(Conflict):
        attempt(action, application, resident, clerk if action == "correct" else reviewer)
    assert traces() == left


def test_every_step_of_the_table_is_tried():
    table = {(step.action, str(state), str(step.target)) for step in HARDSHIP for state in step.sources}
    assert table == {(action, before, after) for action, before, after, _allowed in TABLE}


@pytest.mark.parametrize("action", ["certify", "send_back"])
def test_a_page_that_is_behind_is_a_conflict(resident, clerk, reviewer, action):
    application = application_in("proposed", resident, clerk, reviewer)
    application.version = 7
    with pytest.raises(Conflict):
        decide(application, action, reviewer)


@pytest.mark.parametrize("action", ["certify", "refuse"])
def test_who_proposed_decides_nothing(community, resident, clerk, action):
    application = application_in("proposed", resident, clerk, None)
    same = PostingFactory(role=Role.STREET_REVIEWER, area=community.parent, staff=clerk.staff)
    left = traces()
    with pytest.raises(StepRefused):
        decide(application, action, same)
    assert traces() == left


@pytest.mark.parametrize(
    ("action", "terms"),
    [
        ("send_back", {"reason": ""}),
        ("send_back", {"reason": "conditions"}),
        ("refuse", {"words": " "}),
        ("refuse", {"reason": ""}),
    ],
)
def test_a_no_says_why(resident, clerk, reviewer, action, terms):
    application = application_in("proposed", resident, clerk, reviewer)
    with pytest.raises(StepRefused):
        decide(application, action, reviewer, **terms)


def test_certifying_writes_the_certification_with_its_end(resident, clerk, reviewer):
    application = decide(application_in("proposed", resident, clerk, reviewer), "certify", reviewer)
    row = HardshipCertification.objects.get()
    assert application.certification == row
    assert (row.resident, row.category, row.certified_on, row.ended_on) == (
        resident,
        "disabled",
        TODAY,
        DISABLED.valid_until,
    )


def test_a_validity_that_ran_out_meanwhile_is_sent_back(resident, clerk, reviewer, time_machine):
    application = application_in("proposed", resident, clerk, reviewer)
    time_machine.move_to("2027-11-21T09:00+08:00")
    left = traces()
    with pytest.raises(StepRefused):
        decide(application, "certify", reviewer)
    assert traces() == left


def test_put_right_it_goes_to_the_street_again_with_the_new_proof(resident, clerk, reviewer):
    application = application_in("returned", resident, clerk, reviewer)
    application = attempt("correct", application, resident, clerk)
    assert (application.state, application.proof_words) == ("proposed", "已补")
    assert (application.proof_file.content_type, application.proof_file.name) == ("image/png", "证.png")
    assert decide(application, "certify", reviewer).state == "certified"


class TestProposal:
    def refusal(self, resident, by, **terms):
        values = {"category": "disabled", "proof": "disability", **terms}
        with pytest.raises(LedgerRefused) as refused:
            hardship.propose(resident_id=resident.pk, proposal=Proposal(**values), by=by)
        assert not HardshipApplication.objects.exists()
        return refused.value.field

    def test_each_category_asks_for_its_proof(self, resident, clerk):
        assert self.refusal(resident, clerk, proof="land") == "proof"

    def test_only_categories_of_the_area(self, resident, clerk, community):
        Parameter.objects.create(
            area=superior(community, AreaLevel.CITY),
            name="hardship_categories",
            in_force_from=date(2020, 1, 1),
            value=["age_4050"],
        )
        assert self.refusal(resident, clerk) == "category"

    def test_no_validity_that_is_over(self, resident, clerk):
        assert self.refusal(resident, clerk, valid_until=TODAY - timedelta(days=1)) == "valid_until"
        hardship.propose(
            resident_id=resident.pk, proposal=Proposal("disabled", "disability", valid_until=TODAY), by=clerk
        )

    @pytest.mark.parametrize(
        ("born", "sex", "fits"),
        [
            (date(1976, 11, 21), "male", True),
            (date(1976, 11, 22), "male", False),
            (date(1986, 11, 21), "female", True),
            (date(1986, 11, 22), "female", False),
        ],
    )
    def test_4050_from_the_birthday_on(self, community, clerk, born, sex, fits):
        person = ResidentFactory(birth_date=born, sex=sex, home=HouseholdFactory(community=community))
        ledger.rebuild()
        if fits:
            hardship.propose(resident_id=person.pk, proposal=Proposal("age_4050", "id_card"), by=clerk)
        else:
            assert self.refusal(person, clerk, category="age_4050", proof="id_card") == "category"

    def test_nobody_past_working_age(self, community, clerk):
        old = ResidentFactory(birth_date=date(1950, 1, 1), home=HouseholdFactory(community=community))
        ledger.rebuild()
        assert self.refusal(old, clerk) == "category"

    def test_one_under_way_for_each_category(self, resident, clerk):
        hardship.propose(resident_id=resident.pk, proposal=DISABLED, by=clerk)
        with pytest.raises(LedgerRefused):
            hardship.propose(resident_id=resident.pk, proposal=DISABLED, by=clerk)
        assert HardshipApplication.objects.count() == 1

    def test_a_certification_without_an_end_needs_no_second(self, resident, clerk):
        HardshipCertificationFactory(resident=resident, category="disabled")
        assert self.refusal(resident, clerk) == "category"

    def test_one_with_an_end_is_renewed(self, resident, clerk):
        HardshipCertificationFactory(resident=resident, category="disabled", ended_on=date(2026, 12, 31))
        hardship.propose(resident_id=resident.pk, proposal=DISABLED, by=clerk)


class TestPages:
    def test_the_street_decides_on_the_page(self, client, community, resident, clerk):
        application = hardship.propose(resident_id=resident.pk, proposal=DISABLED, by=clerk)
        sign_in(client, Role.STREET_REVIEWER, community)
        address = f"/hardship/{application.pk}/"
        assert "残疾证 123" in client.get(address).content.decode()
        sent = {"action": "certify", "version": 0, "idempotency_key": "6f1d1f5e-56f2-4e55-9e0c-0f6f2f0a0f11"}
        for _time in range(2):
            assert client.post(address, sent)["Location"] == address
        assert HardshipCertification.objects.count() == 1
        assert client.post(address, {"action": "certify", "version": 0}).status_code == 409

    def test_a_refusal_without_words_comes_back_beside_its_button(self, client, community, resident, clerk):
        application = hardship.propose(resident_id=resident.pk, proposal=DISABLED, by=clerk)
        sign_in(client, Role.STREET_REVIEWER, community)
        sent = {"action": "refuse", "version": 0, "reason": "conditions"}
        assert client.post(f"/hardship/{application.pk}/", sent).status_code == 422

    def test_the_station_proposes_with_a_scan_told_by_its_content(self, client, community, resident):
        sign_in(client, Role.STATION_CLERK, community)
        address = f"/residents/{resident.pk}/hardship/"
        told = {"category": "disabled", "proof": "disability"}
        wrong = SimpleUploadedFile("scan.png", b"<html>", content_type="image/png")
        assert client.post(address, {**told, "proof_file": wrong}).status_code == 422
        good = SimpleUploadedFile("scan.exe", PNG, content_type="application/x-msdownload")
        answer = client.post(address, {**told, "proof_file": good})
        application = HardshipApplication.objects.get()
        assert answer["Location"] == f"/hardship/{application.pk}/"
        scan = client.get(f"/hardship/{application.pk}/proof/")
        assert scan["Content-Type"] == "image/png"
        assert scan["Content-Disposition"].startswith("attachment")
        assert b"".join(scan.streaming_content) == PNG

    def test_sent_back_it_is_on_the_stations_desk_and_proposed_on_the_streets(
        self, client, community, resident, clerk, reviewer
    ):
        application = hardship.propose(resident_id=resident.pk, proposal=DISABLED, by=clerk)
        sign_in(client, Role.STREET_REVIEWER, community)
        assert f"/hardship/{application.pk}/" in client.get("/reviews/").content.decode()
        application = decide(application, "send_back", reviewer)
        assert f"/hardship/{application.pk}/" not in client.get("/reviews/").content.decode()
        sign_in(client, Role.STATION_CLERK, community)
        assert f"/hardship/{application.pk}/" in client.get("/today/").content.decode()
        address = f"/hardship/{application.pk}/correct/"
        assert "说明" in client.get(address).content.decode()
        sent = {"proof": "disability", "proof_words": "补", "version": application.version}
        assert client.post(address, sent)["Location"] == f"/hardship/{application.pk}/"
        assert client.get(address).status_code == 409

    @pytest.mark.parametrize("number", [1, 30])
    def test_the_list_costs_the_same_at_any_length(
        self, client, community, clerk, number, django_assert_max_num_queries
    ):
        home = HouseholdFactory(community=community)
        people = [ResidentFactory(home=home) for _one in range(number)]
        ledger.rebuild()
        for one in people:
            hardship.propose(resident_id=one.pk, proposal=DISABLED, by=clerk)
        sign_in(client, Role.STREET_REVIEWER, community)
        with django_assert_max_num_queries(11):
            page = client.get("/hardship/?state=proposed").content.decode()
        assert page.count("<tr>") == number + 1
