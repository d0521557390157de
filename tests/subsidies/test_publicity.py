from datetime import date, timedelta

import factory
import pytest
from django.utils import timezone

from city import notices
from city.moves import NotAllowed, StepRefused
from city.rules import add_months
from subsidies.choices import ClaimReason, ClaimState, Scheme
from subsidies.models import Claim
from subsidies.services import deciding, publicity
from tests.city.factories import EmployerFactory
from tests.households.factories import ResidentFactory
from tests.subsidies.deciding_desk import approved, balance, decide, make_claim, make_deciding_desk
from tests.subsidies.factories import ClaimLineFactory

pytestmark = pytest.mark.django_db
D = date(2026, 7, 1)


@pytest.fixture(autouse=True)
def nothing_differs(monkeypatch):
    monkeypatch.setattr(deciding.computing, "differing", lambda _lines: {})


@pytest.fixture
def desk():
    return make_deciding_desk()


def show(desk, scheme=Scheme.POST):
    return publicity.publicise(desk.district_area, scheme, by=desk.district)


def payable(at=None):
    return set(Claim.objects.payable_at(at or timezone.now()).values_list("pk", flat=True))


def after(notice):
    return notice.clock.due_at + timedelta(seconds=1)


def test_one_notice_shows_all_claims_of_a_scheme_and_they_are_payable_when_it_ended(desk):
    claims = [approved(desk) for _number in range(3)]
    other = approved(desk, scheme=Scheme.TRAINING)
    notice = show(desk)
    assert set(Claim.objects.filter(notice=notice, state=ClaimState.PUBLICISED)) == set(claims)
    assert len(notice.rows) == 3
    assert payable() == set()
    assert payable(after(notice)) == {claim.pk for claim in claims}
    other.refresh_from_db()
    assert other.state == ClaimState.DISTRICT_APPROVED


def test_the_night_shows_what_waits_in_every_district(desk):
    elsewhere = make_deciding_desk()
    for one in (desk, desk, elsewhere):
        approved(one)
    approved(desk, scheme=Scheme.TRAINING)
    assert publicity.publicise_claims(None) == {"notices": 3, "claims": 4}
    assert publicity.publicise_claims(None) == {"notices": 0, "claims": 0}


def test_an_upheld_objection_holds_all_claims_until_the_district_shows_them_again(desk):
    meant, others = approved(desk), [approved(desk), approved(desk)]
    notice = show(desk)
    objection = notices.object_to(notice, "she left in May", "王芳 1")
    assert payable(after(notice)) == set()
    notices.answer(objection, True, "right", by=desk.district)
    assert payable(after(notice)) == set()
    assert publicity.publicise_claims(None) == {"notices": 0, "claims": 0}
    (group,) = publicity.groups(desk.district_area)
    assert (group.scheme, group.claims, group.upheld) == (Scheme.POST, 3, 3)
    decide("reject", [meant], desk.district, reason=ClaimReason.OBJECTION, words="left")
    again = show(desk)
    assert payable(after(again)) == {claim.pk for claim in others}
    assert len(again.rows) == 2


def test_an_objection_that_does_not_hold_lets_the_notice_go_on(desk):
    claim = approved(desk)
    notice = show(desk)
    objection = notices.object_to(notice, "no", "王芳")
    notices.answer(objection, False, "looked into", by=desk.district)
    notice.clock.refresh_from_db()
    assert payable(after(notice)) == {claim.pk}


def test_sending_one_back_takes_the_notice_away_and_the_night_shows_the_others_again(desk):
    meant, other = approved(desk), approved(desk)
    notice = show(desk)
    decide("send_back", [meant], desk.district, reason=ClaimReason.AMOUNT)
    notice.refresh_from_db()
    assert notice.withdrawn_at is not None
    meant.refresh_from_db()
    assert (meant.state, meant.notice) == (ClaimState.DRAFT, None)
    assert publicity.publicise_claims(None) == {"notices": 1, "claims": 1}
    other.refresh_from_db()
    assert (other.state, other.notice_id > notice.pk) == (ClaimState.PUBLICISED, True)
    assert balance(desk.fund)[0] == (1_000_000, other.total, 0)


@pytest.mark.parametrize("upheld", [True, False])
def test_an_objection_is_answered_before_the_others_of_its_notice_are_shown_again(desk, upheld):
    meant, other = approved(desk), approved(desk)
    objection = notices.object_to(show(desk), "she left in May", "王芳 1")
    decide("send_back", [meant], desk.district, reason=ClaimReason.AMOUNT)
    assert publicity.publicise_claims(None) == {"notices": 0, "claims": 0}
    with pytest.raises(StepRefused):
        show(desk)
    notices.answer(objection, upheld, "looked into", by=desk.district)
    assert publicity.publicise_claims(None) == {"notices": int(not upheld), "claims": int(not upheld)}
    assert (publicity.waiting(desk.district_area).filter(pk=other.pk).exists()) is upheld


def test_a_notice_shown_to_its_end_stands_for_the_others(desk):
    meant, other = approved(desk), approved(desk)
    notice = show(desk)
    clock = notice.clock
    clock.started_at, clock.due_at = timezone.now() - timedelta(days=9), timezone.now() - timedelta(days=1)
    clock.save()
    decide("reject", [meant], desk.district, reason=ClaimReason.DOUBT, words="x")
    assert payable() == {other.pk}


def test_nobody_else_shows_claims_and_nothing_is_no_notice(desk):
    with pytest.raises(StepRefused):
        show(desk)
    approved(desk)
    for by in (desk.street, desk.office, make_deciding_desk().district):
        with pytest.raises(NotAllowed):
            publicity.publicise(desk.district_area, Scheme.POST, by=by)


def test_the_notice_gives_nobody_away(desk):
    employer = EmployerFactory(name="王小芳13912345678饭店", credit_code="91330100MA00000XX1")
    person = ResidentFactory(name="欧阳小芳")
    claim = make_claim(desk, lines=0, employer=employer)
    ClaimLineFactory.create_batch(2, claim=claim, resident=person, month=factory.Iterator([D, add_months(D, 2)]))
    decide("approve", [claim], desk.district)
    ((claimant, place, name, period, months, amount),) = show(desk).rows
    assert (claimant, place, name) == ("王小芳***********饭店", desk.community.name, "欧**芳")
    assert (period, months, amount) == ("2026-07至2026-09", 2, "2,490.00")
