"""R49: one live line a person, scheme and month in the database, whoever claims it, from where, under which number."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from city.ciphers import keyed_hash
from city.rules import normalise_id_number
from city.trail import acting
from subsidies import computing
from subsidies.choices import LineStanding, Scheme
from subsidies.models import Claim, ClaimLine
from tests.city.factories import EmployerFactory, PostingFactory
from tests.desks import elsewhere
from tests.households.factories import ResidentFactory
from tests.subsidies.claim_desk import AUGUST, JULY, make_claim_desk, put_to_work
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory

CODE = "91330100MA0000001F"
OLD_NUMBER = "110105491231002"
NUMBER = normalise_id_number(OLD_NUMBER)
INSERT = """
INSERT INTO subsidies_claimline (claim_id, resident_id, scheme, month, occasion, placement_id, enrolment_id,
    account_id, asked, computed, approved, approved_reason, approved_words, standing, basis, basis_digest)
VALUES (%s, %s, %s, %s, %s, NULL, NULL, NULL, %s, %s, NULL, '', '', %s, '{}', %s)
"""


def insert(line, **changed):
    """The line again by plain SQL, with some of its columns otherwise."""
    values = {
        "claim": line.claim_id,
        "resident": line.resident_id,
        "scheme": line.scheme,
        "month": line.month,
        "occasion": line.occasion,
        "asked": "1245.00",
        "computed": "1245.00",
        "standing": "live",
        "digest": line.basis_digest,
    } | changed
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, list(values.values()))


def _claim(**values):
    return lambda line: {"claim": ClaimFactory(**values).pk}


#: The twenty forms in which the same money could be asked for twice.
FORMS = {
    "the same row": lambda line: {},
    "another claim": _claim(),
    "another employer": lambda line: {"claim": ClaimFactory(employer=EmployerFactory()).pk},
    "the person as claimant": _claim(employer=None),
    "another community": lambda line: {"claim": ClaimFactory(area=elsewhere(line.claim.area)).pk},
    "another district": lambda line: {"claim": ClaimFactory(area=elsewhere(line.claim.area).parent.parent).pk},
    "a paid claim": _claim(state="submitted"),
    "a rejected claim": _claim(state="rejected", submitted_at="2026-10-08T00:00:00Z"),
    "a withdrawn claim": _claim(state="withdrawn"),
    "a longer period": _claim(period_from=date(2026, 1, 1), period_to=date(2026, 12, 1)),
    "another round": _claim(round=2),
    "another occasion in the month": lambda line: {"occasion": "2026-07 again"},
    "an occasion that looks alike": lambda line: {"occasion": line.occasion + " "},
    "an empty occasion": lambda line: {"occasion": ""},
    "the occasion in another month": lambda line: {"month": AUGUST},
    "another amount": lambda line: {"asked": "1.00", "computed": "1.00"},
    "nothing at all": lambda line: {"asked": "0.00", "computed": "0.00"},
    "another digest": lambda line: {"digest": "0" * 64},
    "another employer and occasion": lambda line: {
        "claim": ClaimFactory(employer=EmployerFactory()).pk, "occasion": "x",
    },
    "another district and month, same occasion": lambda line: {
        "claim": ClaimFactory(area=elsewhere(line.claim.area)).pk, "month": AUGUST,
    },
}  # fmt: skip


@pytest.fixture
def line(db):
    return ClaimLineFactory(month=JULY, occasion="2026-07")


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_no_duplicate_form_is_taken(line, form):
    changed = FORMS[form](line)
    with acting(reason="test"), pytest.raises(IntegrityError):
        insert(line, **changed)
    assert ClaimLine.objects.count() == 1


def test_there_are_twenty_forms():
    assert len(FORMS) == 20


def test_what_is_no_duplicate_is_taken(line):
    """The control: the same statement passes for another month, person or scheme, and for a line taken off."""
    other = ResidentFactory()
    with acting(reason="test"):
        insert(line, month=AUGUST, occasion="2026-08")
        insert(line, resident=other.pk)
        insert(line, scheme=Scheme.INSURANCE)
        insert(line, standing=LineStanding.DROPPED)
    assert ClaimLine.objects.count() == 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    "written", [OLD_NUMBER, NUMBER, NUMBER.lower(), f" {NUMBER} ", "".join(chr(ord(one) + 0xFEE0) for one in NUMBER)]
)
def test_no_form_of_an_id_number_makes_a_second_person(written):
    ResidentFactory(id_number=NUMBER)
    number = normalise_id_number(written)
    with pytest.raises(IntegrityError), transaction.atomic():
        ResidentFactory(id_number=number, id_hash=keyed_hash(number))


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_offices_enter_the_same_months_through_the_pages_at_once(monkeypatch):
    """A station and its street: one claim, the other is told."""
    with acting(reason="test"):
        desk = make_claim_desk()
        desk.employer.credit_code = CODE
        desk.employer.save()
        put_to_work(desk)
        street = PostingFactory(role="street_reviewer", area=desk.community.parent)
    sent = {"scheme": "post", "credit_code": CODE, "period_from": "2026-07", "period_to": "2026-09"}
    together = Barrier(2)
    candidates = computing.candidates

    def meet(*args, **kwargs):
        """Both have looked and found the months free."""
        found = candidates(*args, **kwargs)
        together.wait(timeout=60)
        return found

    monkeypatch.setattr(computing, "candidates", meet)

    def ask(staff):
        client = Client()
        client.force_login(staff)
        try:
            return client.post("/subsidies/claims/new/", sent | {"area": desk.community.pk}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(ask, [desk.clerk.staff, street.staff]))
    assert ClaimLine.objects.live().count() == 3
    assert (answers, Claim.objects.count()) == ([302, 409], 1)
