"""Passwords: the own one is changed on a page, a given one first of all, and other sessions end."""

import re

import pytest
from django.core.management import call_command
from django.test import Client

from city.models import TrailEntry
from city.services import passwords
from city.trail import acting
from tests.city.factories import PostingFactory, StaffFactory

OLD, NEW = "correct-horse-9", "battery-staple-7"
pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    person = PostingFactory().staff
    passwords.choose(person, OLD)
    return person


def sign_in(staff, password=OLD):
    client = Client()
    answer = client.post("/accounts/login/", {"username": staff.number, "password": password})
    assert answer.status_code == 302, answer.content
    return client


def change(client, old=OLD, new=NEW, again=None):
    sent = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post("/accounts/password/change/", sent)


def is_signed_in(client):
    return client.get("/accounts/password/").status_code == 200


def test_a_stranger_changes_nothing(client):
    assert client.get("/accounts/password/")["Location"].startswith("/accounts/login/")
    assert change(client)["Location"].startswith("/accounts/login/")


def test_the_own_password_is_changed_and_every_other_session_ends(staff):
    here, there = sign_in(staff), sign_in(staff)
    assert is_signed_in(there)
    assert change(here)["Location"] == "/"
    assert is_signed_in(here)
    assert not is_signed_in(there)
    staff.refresh_from_db()
    assert staff.check_password(NEW)
    entry = TrailEntry.objects.filter(table="city_staff", key=str(staff.pk)).latest("pk")
    assert (entry.act.reason, entry.act.staff) == ("change_password", staff)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"old": "not-the-old-one"}, "old_password"),
        ({"again": "something-else-1"}, "new_password2"),
        ({"new": "short-1"}, "new_password2"),
        ({"new": "12345678901234"}, "new_password2"),
    ],
)
def test_what_is_not_right_is_said_beside_its_field(staff, sent, field):
    answer = change(sign_in(staff), **sent)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    staff.refresh_from_db()
    assert staff.check_password(OLD)


def test_no_password_stands_in_the_page(staff):
    answer = change(sign_in(staff), new="short-1")
    assert not re.search(r"short-1|correct-horse", answer.content.decode())


def test_who_was_given_a_password_chooses_the_own_one_first(staff, capsys):
    client = sign_in(staff)
    call_command("give_password", staff.number)
    given = capsys.readouterr().out.strip().split("\t")[1]
    assert not is_signed_in(client)
    client = sign_in(staff, given)
    for address in ("/", "/residents/", "/runs/"):
        assert client.get(address)["Location"] == "/accounts/password/"
    assert client.post("/sheets/upload/")["Location"] == "/accounts/password/"
    assert client.get("/rules/").status_code == 200
    assert change(client, old=given)["Location"] == "/"
    assert client.get("/runs/").status_code == 200
    assert sign_in(staff, NEW).get("/runs/").status_code == 200


def test_a_given_password_stays_given_whatever_else_is_written_about_the_person(staff):
    passwords.give(staff)
    with acting(reason="a new name"):
        staff.name = "王新"
        staff.save()
    assert passwords.is_given(staff)
    passwords.choose(staff, NEW)
    assert not passwords.is_given(staff)
    assert not passwords.is_given(StaffFactory())


def test_without_a_posting_the_password_can_still_be_changed():
    person = StaffFactory()
    passwords.choose(person, OLD)
    client = sign_in(person)
    assert is_signed_in(client)
    assert change(client).status_code == 302
    person.refresh_from_db()
    assert person.check_password(NEW)


def test_an_old_password_is_not_guessed_for_long(staff, settings):
    settings.PACES = settings.PACES | {"password": (2, 900)}
    client = sign_in(staff)
    assert [change(client, old="wrong-guess-1").status_code for _try in range(3)] == [422, 422, 429]
