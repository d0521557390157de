"""One person entered twice: the file under which money was claimed is the one that stays."""

import pytest

from households.ledger import LedgerRefused
from households.models import Resident
from households.services import duplicates
from subsidies.models import ClaimLine
from tests.assistance.case_desk import make_person
from tests.city.factories import PostingFactory
from tests.desks import sign_in
from tests.subsidies.claim_desk import enter, make_claim_desk, put_to_work
from tests.subsidies.factories import PayeeAccountFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    desk = make_claim_desk()
    desk.paid, desk.bare = put_to_work(desk), make_person(desk.home)
    enter(desk)
    return desk


def merge(desk, survivor, other):
    by = PostingFactory(role="street_reviewer", area=desk.community.parent)
    return duplicates.merge_residents(survivor_id=survivor.pk, other_id=other.pk, by=by)


def test_the_file_with_money_does_not_go(desk):
    with pytest.raises(LedgerRefused, match="the other way round|反过来"):
        merge(desk, desk.bare, desk.paid)
    assert Resident.objects.filter(pk__in=[desk.bare.pk, desk.paid.pk]).count() == 2


def test_the_other_way_round_it_stays_with_its_lines(desk):
    merge(desk, desk.paid, desk.bare)
    assert not Resident.objects.filter(pk=desk.bare.pk).exists()
    assert ClaimLine.objects.filter(resident=desk.paid).count() == 3


def test_an_account_alone_holds_the_file_too(desk):
    third = make_person(desk.home)
    PayeeAccountFactory(employer=None, resident=third)
    with pytest.raises(LedgerRefused):
        merge(desk, desk.bare, third)


def test_money_under_both_keeps_both(desk):
    desk.bare = put_to_work(desk)
    enter(desk)
    for one, other in ((desk.paid, desk.bare), (desk.bare, desk.paid)):
        with pytest.raises(LedgerRefused):
            merge(desk, one, other)


def test_the_page_says_what_to_do(client, desk):
    sign_in(client, "street_reviewer", desk.community)
    address = f"/residents/{desk.bare.pk}/duplicate/{desk.paid.pk}/"
    page = client.post(address).content.decode()
    with pytest.raises(LedgerRefused) as refused:
        merge(desk, desk.bare, desk.paid)
    assert refused.value.message in page
    assert "confirm" not in page
