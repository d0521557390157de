"""The written matrix of access.csv against the site: every address, method, role and place."""

import csv
from pathlib import Path

import pytest
from django.urls import reverse

from tests.trust.small_city import ROLES, tried
from tests.urls import addresses

ADMIN = ("admin:",)
METHODS = ("GET", "POST", "PUT", "DELETE")


def rows():
    with Path(__file__).with_name("access.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


MATRIX = rows()


def site():
    return {address.name: address for address in addresses() if not address.name.startswith(ADMIN)}


def listed():
    methods = {}
    for row in MATRIX:
        methods.setdefault(row["address"], set()).add(row["method"])
    return methods


def test_every_address_and_method_has_a_row():
    stands = {name: set(address.view.methods) - {"HEAD"} for name, address in site().items()}
    assert listed() == stands


def status_expected(row, role, posting, target):
    """A stranger signs in first; then what is outside is not there; then the right is asked for."""
    inside = int(row[role or "anonymous"])
    if posting is not None and not target.lies_within(posting):
        return inside if role == "system_admin" and row["object"].endswith("sheet") else 404
    return inside


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_cell_answers_as_written(client, city, role):
    posting = city.sign_in(client, role) if role else None
    wrong = []
    for row in MATRIX:
        if row["address"] == "logout" and role:
            continue
        for number, target in enumerate(city.targets_of(row["object"], role)):
            address = reverse(row["address"], args=target.args)
            expected = status_expected(row, role, posting, target)
            answer = tried(client, row["method"], address, dict(target.data))
            found = [answer.status_code]
            if row["method"] == "GET" and number == 0:
                found.append(client.head(address).status_code)
            if set(found) != {expected}:
                wrong.append((row["method"], address, row["object"], target.place, found, expected))
            if role is None and expected == 302 and row["address"] != "set_language":
                assert answer["Location"].startswith("/accounts/login/?next=")
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "station_clerk", "audit_admin"])
def test_every_other_method_is_refused(client, city, role):
    if role:
        city.sign_in(client, role)
    wrong = []
    for row in MATRIX:
        target = city.targets_of(row["object"], role)[0]
        address = reverse(row["address"], args=target.args)
        for method in set(METHODS) - listed()[row["address"]]:
            status = tried(client, method, address).status_code
            open_ = row["anonymous"] in ("200",) or row["address"] == "set_language"
            allowed = {405} if role or open_ else {302}
            if role and target.paths and not target.lies_within(city.postings[role]):
                allowed = {404}
            if status not in allowed | ({404} if row["object"].startswith(("kind", "others")) else set()):
                wrong.append((method, address, status))
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.ignore_template_errors
@pytest.mark.parametrize("role", [None, *ROLES])
def test_the_admin_is_for_the_system_administrator_alone(client, city, role):
    if role:
        city.sign_in(client, role)
    pages = [one for one in addresses() if one.name.startswith("admin:") and not set("<(^") & set(one.path)]
    assert len(pages) > 5
    closed = {"admin:login", "admin:password_change"}
    opened = {one.name for one in pages if client.get(f"/{one.path}").status_code == 200}
    assert not opened & closed
    assert bool(opened - {"admin:logout"}) is (role == "system_admin")
    assert not {one.name for one in addresses() if one.name.startswith("admin:auth")}
