"""One person entered twice becomes one: the survivor's word counts, the other's fills what it leaves open."""

from datetime import date

import pytest
from django.apps import apps

from assistance.models import Case
from households import ledger
from households.choices import LabourState
from households.ledger import LedgerRefused
from households.models import (
    ContactDetails,
    FourClear,
    HardshipCertification,
    LedgerSpan,
    Resident,
    UnemploymentRegistration,
    VisitMember,
    ZeroEmploymentEpisode,
)
from households.services import duplicates
from tests.assistance.factories import CaseFactory
from tests.city.factories import PostingFactory
from tests.desks import elsewhere, sign_in
from tests.households.factories import (
    HardshipCertificationFactory,
    HouseholdFactory,
    LabourSpellFactory,
    ResidentFactory,
    TransferRequestFactory,
    UnemploymentRegistrationFactory,
    VisitFactory,
    ZeroEmploymentEpisodeFactory,
)

pytestmark = pytest.mark.django_db
UNKNOWN, EMPLOYED, UNEMPLOYED, INACTIVE = LabourState
BORN = date(1980, 1, 1)
NUMBERLESS = {"id_number": "", "id_hash": None, "no_id_reason": "未办理"}


@pytest.fixture
def home():
    return HouseholdFactory()


@pytest.fixture
def by(home):
    return PostingFactory(role="street_reviewer", area=home.community.parent)


@pytest.fixture
def mine(home):
    person = ResidentFactory(name="李一", home=home)
    LabourSpellFactory(resident=person, started_on=date(2026, 6, 1), state=UNEMPLOYED)
    return person


@pytest.fixture
def theirs(home):
    person = ResidentFactory(name="李一", home=HouseholdFactory(community=home.community), phone="139", **NUMBERLESS)
    LabourSpellFactory(resident=person, started_on=date(2025, 1, 1), state=EMPLOYED, channel="flexible")
    LabourSpellFactory(resident=person, started_on=date(2026, 7, 1), state=INACTIVE)
    ledger.rebuild()
    return person


def merge(mine, theirs, by):
    return duplicates.merge_residents(survivor_id=mine.pk, other_id=theirs.pk, by=by)


def test_the_survivors_states_stand_and_the_others_fill_the_days_before(mine, theirs, by):
    outcome = merge(mine, theirs, by)
    points = list(mine.labour_spells.order_by("started_on").values_list("started_on", "state"))
    assert points == [(date(2025, 1, 1), EMPLOYED), (date(2026, 6, 1), UNEMPLOYED)]
    assert not Resident.objects.filter(pk=theirs.pk).exists()
    spans = LedgerSpan.objects.filter(resident=mine)
    assert spans.in_force_on(date(2025, 6, 1)).get().state == EMPLOYED
    assert spans.in_force_on(date(2026, 8, 1)).get().state == UNEMPLOYED
    assert (len(outcome.taken), len(outcome.left_out)) == (1, 2)
    assert ledger.check()["differ"] == 0


def test_the_survivors_homes_stand(mine, theirs, by, home):
    merge(mine, theirs, by)
    assert set(mine.memberships.values_list("household", flat=True)) == {home.pk}


def test_a_survivor_without_a_word_takes_all_of_the_others(home, by):
    empty = ResidentFactory(name="李一", **NUMBERLESS)
    full = ResidentFactory(name="李一", home=home, spell={"state": EMPLOYED})
    ledger.rebuild()
    number, id_hash = full.id_number, full.id_hash
    merge(empty, full, by)
    empty.refresh_from_db()
    assert (empty.id_number, empty.id_hash, empty.no_id_reason) == (number, id_hash, "")
    assert empty.community == home.community
    assert LedgerSpan.objects.get(resident=empty, state=EMPLOYED).household == home


def test_empty_facts_are_filled_and_told_ones_stay(mine, theirs, by):
    ContactDetails.objects.create(resident=mine, contact_person="甲")
    ContactDetails.objects.create(resident=theirs, contact_person="乙", former_employer="老厂")
    theirs.education, theirs.landless = "senior", True
    theirs.save()
    mine.hukou = "rural"
    mine.save()
    merge(mine, theirs, by)
    mine.refresh_from_db()
    assert (mine.phone, mine.education, mine.landless, mine.hukou) == ("139", "senior", True, "rural")
    contact = ContactDetails.objects.get()
    assert (contact.resident, contact.contact_person, contact.former_employer) == (mine, "甲", "老厂")


def test_everything_that_pointed_to_the_other_points_to_the_survivor(mine, theirs, by, home):
    UnemploymentRegistrationFactory(resident=theirs, registered_on=date(2024, 1, 1))
    HardshipCertificationFactory(resident=theirs, category="disabled")
    FourClear.objects.create(resident=theirs, noted_on=date(2026, 1, 1))
    visit = VisitFactory(household=home)
    VisitMember.objects.create(visit=visit, resident=theirs, report="unchanged")
    TransferRequestFactory(resident=theirs)
    episode = ZeroEmploymentEpisodeFactory(household=home, worker=theirs)
    case = CaseFactory(resident=theirs)
    merge(mine, theirs, by)
    for model in (UnemploymentRegistration, HardshipCertification, FourClear, VisitMember):
        assert model.objects.get().resident == mine, model
    assert ZeroEmploymentEpisode.objects.get(pk=episode.pk).worker == mine
    assert Case.objects.get(pk=case.pk).resident == mine


def test_what_both_have_stays_as_the_survivor_has_it(mine, theirs, by, home):
    visit = VisitFactory(household=home)
    for person, report in ((mine, "looking"), (theirs, "unchanged")):
        UnemploymentRegistrationFactory(resident=person, registered_on=date(2024, 1, 1))
        HardshipCertificationFactory(resident=person, category="disabled", certified_on=date(2025, 1, 1))
        VisitMember.objects.create(visit=visit, resident=person, report=report)
    merge(mine, theirs, by)
    assert UnemploymentRegistration.objects.count() == HardshipCertification.objects.count() == 1
    assert VisitMember.objects.get().report == "looking"


def test_a_case_begun_by_a_state_that_goes_points_to_the_survivors(mine, theirs, by):
    spell = theirs.labour_spells.latest("started_on")
    case = CaseFactory(resident=theirs, spell=spell)
    merge(mine, theirs, by)
    case.refresh_from_db()
    assert case.spell == mine.labour_spells.latest("started_on")


def test_two_open_cases_stop_it_and_nothing_is_written(mine, theirs, by):
    for person in (mine, theirs):
        CaseFactory(resident=person)
    with pytest.raises(LedgerRefused):
        merge(mine, theirs, by)
    assert Resident.objects.count() == 2
    assert theirs.labour_spells.count() == 2


def test_one_and_the_same_file_is_refused(mine, by):
    with pytest.raises(LedgerRefused):
        merge(mine, mine, by)


def test_the_preview_says_what_would_happen_and_writes_nothing(mine, theirs, by):
    outcome = duplicates.preview(survivor_id=mine.pk, other_id=theirs.pk, by=by)
    assert (len(outcome.taken), len(outcome.left_out), outcome.obstacle) == (1, 2, "")
    assert Resident.objects.count() == 2
    assert theirs.labour_spells.count() == 2


@pytest.mark.parametrize(
    ("values", "doubts"),
    [({}, 0), ({"name": "李二"}, 1), ({"sex": "female", "birth_date": date(1981, 1, 1)}, 2)],
)
def test_what_speaks_against_one_person_is_said(mine, by, home, values, doubts):
    other = ResidentFactory(home=home, **{"name": "李一", **NUMBERLESS, **values})
    assert len(duplicates.preview(survivor_id=mine.pk, other_id=other.pk, by=by).doubts) == doubts


def test_every_foreign_key_to_a_person_is_found():
    found = {(key.model, key.name) for key in duplicates.relations_to(Resident)}
    declared = {
        (model, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is Resident
    }
    assert (ZeroEmploymentEpisode, "worker") in declared
    assert found == declared


class TestPages:
    def test_the_reviewer_sees_it_first_and_then_merges(self, client, mine, theirs, home):
        sign_in(client, "street_reviewer", home.community)
        found = client.get(f"/residents/{mine.pk}/duplicate/").content.decode()
        address = f"/residents/{mine.pk}/duplicate/{theirs.pk}/"
        assert address in found
        assert client.post(address).status_code == 200
        assert Resident.objects.filter(pk=theirs.pk).exists()
        sent = {"confirm": "1", "idempotency_key": "6f1d1f5e-56f2-4e55-9e0c-0f6f2f0a0f12"}
        assert client.post(address, sent)["Location"] == f"/residents/{mine.pk}/"
        assert not Resident.objects.filter(pk=theirs.pk).exists()

    def test_by_number_in_the_one_box(self, client, mine, home):
        other = ResidentFactory(name="别名", home=home)
        ledger.rebuild()
        sign_in(client, "street_reviewer", home.community)
        page = client.post(f"/residents/{mine.pk}/duplicate/", {"q": other.id_number}).content.decode()
        assert f"/residents/{mine.pk}/duplicate/{other.pk}/" in page

    def test_not_by_the_station_nor_across_the_border(self, client, mine, theirs, home):
        ledger.rebuild()
        far = ResidentFactory(home=HouseholdFactory(community=elsewhere(home.community)))
        ledger.rebuild()
        sign_in(client, "station_head", home.community)
        assert client.get(f"/residents/{mine.pk}/duplicate/").status_code == 403
        sign_in(client, "street_reviewer", home.community)
        assert client.post(f"/residents/{mine.pk}/duplicate/{far.pk}/", {"confirm": "1"}).status_code == 404
