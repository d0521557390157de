"""The written matrix of access.csv against the site: every address, method, role and place."""

import csv
import re
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from city.digests import digests
from city.models import Posting, Run, SheetImport, StoredFile
from config.paging import encode_cursor
from households import ledger
from households.models import Household, Resident
from tests.city.factories import PostingFactory
from tests.conftest import refuse_writes
from tests.households.factories import MembershipFactory
from tests.trust.small_city import ROLES, assert_strict_headers, text_of, tried
from tests.urls import addresses

ADMIN = ("admin:",)
METHODS = ("GET", "POST", "PUT", "DELETE")
#: Pages that open one number at one click.
OPENS_ONE = {"households:reveal_number", "households:reveal_phones"}
#: Lists that open many phones at one click, with the right and a line in the trail.
OPENS_MANY = {"households:visit_list_with_phones"}


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
    nothing = client.get("/nothing/")
    for row in MATRIX:
        if row["address"] == "logout" and role:
            continue
        for number, target in enumerate(city.targets_of(row["object"], role)):
            address = reverse(row["address"], args=target.args)
            expected = status_expected(row, role, posting, target)
            with connection.execute_wrapper(refuse_writes) if expected >= 400 else nullcontext():
                answer = tried(client, row["method"], address, dict(target.data))
            found = [answer.status_code]
            numbers = city.numbers_in(answer)
            opened = row["address"] in OPENS_ONE and expected == 200
            assert len(numbers) == opened or (row["address"] in OPENS_MANY and expected == 200), address
            assert_strict_headers(answer, signed_in=role is not None)
            if expected == 404:
                assert answer.content == nothing.content, address
            if row["method"] == "GET" and number == 0:
                found.append(client.head(address).status_code)
            if set(found) != {expected}:
                wrong.append((row["method"], address, row["object"], target.place, found, expected))
            if role is None and expected == 302 and row["address"] != "set_language":
                assert answer["Location"].startswith("/accounts/login/?next=")
    assert wrong == [], "\n".join(map(str, wrong))


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
            open_ = row["anonymous"] in ("200", "422") or row["address"] == "set_language"
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


FOREIGN_FILTERS = ["area={code}", "area={code}&verdict=met", "area={code}&cursor={cursor}"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["station_clerk", "street_reviewer", "district_officer", "finance"])
@pytest.mark.parametrize("query", FOREIGN_FILTERS)
def test_a_filter_by_a_foreign_area_shows_no_more_than_one_by_an_unknown_area(client, city, role, query):
    posting = city.sign_in(client, role)
    foreign = city.communities["elsewhere"]
    cursor = encode_cursor(["households.Resident", "name", "id"], "after", ["", 0])
    bodies = []
    for code in (foreign.parent.parent.code, foreign.parent.code, "330199000000"):
        text = text_of(client.get(f"/status/?{query.format(code=code, cursor=cursor)}"))
        text = re.sub(r'name="(csrfmiddlewaretoken|next)" value="[^"]*"|cursor=[\w%=-]+', "", text)
        assert foreign.name not in text
        assert foreign.code not in text
        bodies.append(text.replace(code, ""))
    assert len(set(bodies)) == 1
    assert posting.area.path not in foreign.path


@pytest.mark.django_db
def test_the_cursor_of_another_list_starts_the_list_again(client, city):
    city.sign_in(client, "city_office")
    plain = [row.pk for row in client.get("/runs/").context["page"]]
    for listing in (["city.SheetImport", "-pk"], ["city.Run", "pk"], ["households.Resident", "name", "id"]):
        cursor = encode_cursor(listing, "after", [1])
        assert [row.pk for row in client.get("/runs/", {"cursor": cursor}).context["page"]] == plain


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["station_clerk", "street_reviewer", "district_officer", "city_office"])
def test_lists_hold_what_lies_in_the_area_and_nothing_else(client, city, role):
    """Against the plain memberships of the day, not against the queries of the pages."""
    posting = city.sign_in(client, role)
    inside = {area.pk for area in city.communities.values() if area.path.startswith(posting.area.path)}
    for surname in ("王", "李", "张", "陈"):
        query = {"q": surname}
        found = set()
        while query:
            page = client.get("/residents/", query).context["page"]
            found |= {person.pk for person in page}
            query = {"q": surname, "cursor": page.next} if page.next else None
        named = Resident.objects.filter(name__startswith=surname)
        everyone = {person.pk: person.community.path for person in named.select_related("community")}
        assert found == {pk for pk, path in everyone.items() if path.startswith(posting.area.path)}
    assert inside


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["station_clerk", "street_reviewer"])
def test_a_search_by_a_number_finds_nobody_outside(client, city, role):
    city.sign_in(client, role)
    stranger = Resident.objects.filter(community=city.communities["elsewhere"]).exclude(id_hash=None).first()
    known = Resident.objects.filter(community=city.communities["here"]).exclude(id_hash=None).first()
    for typed in (stranger.id_number, stranger.phone):
        assert client.get("/residents/", {"q": typed}).context["page"].rows == []
    assert client.get("/residents/", {"q": known.phone}).context["page"].rows == [known]


@pytest.mark.django_db
def test_files_hold_masked_numbers_and_belong_to_who_asked(client, city, django_capture_on_commit_callbacks):
    posting = city.sign_in(client, "city_office")
    for format_ in ("xlsx", "csv"):
        for address in (f"/status/{posting.area.code}/employment_rate/denominator/export/", "/status/export/"):
            with django_capture_on_commit_callbacks(execute=True):
                client.post(address, {"format": format_})
            stored = StoredFile.objects.latest("pk")
            answer = client.get(f"/files/{stored.stored_as}/")
            assert answer["Content-Disposition"].startswith("attachment")
            assert_strict_headers(answer, signed_in=True)
            text = text_of(answer)
            assert city.communities["elsewhere"].name in text
            assert not set(re.findall(r"[0-9]{10,}[0-9Xx]?", text)) & city.secrets
            client.force_login(city.postings["district_officer"].staff)
            assert client.get(f"/files/{stored.stored_as}/").status_code == 404
            city.sign_in(client, "city_office")


@pytest.mark.django_db
def test_a_file_does_not_go_along_to_another_posting(client, city):
    """Who moves from one district to the other leaves the lists of the first behind."""
    posting = city.sign_in(client, "district_officer")
    address = reverse("city:download_file", args=city.targets["own_file district_officer"][0].args)
    assert client.get(address).status_code == 200
    moved = PostingFactory(staff=posting.staff, role=posting.role, area=city.areas["other district"])
    client.post("/postings/switch/", {"posting": moved.pk})
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_a_right_that_is_taken_is_gone_with_the_next_request(client, city):
    posting = city.sign_in(client, "system_admin")
    resident = city.targets["resident"][0]
    assert client.get("/admin/").status_code == 200
    Posting.objects.filter(pk=posting.pk).update(ended_on=city.day - timedelta(days=1))
    assert client.get("/runs/").status_code == 403
    assert client.get("/admin/").status_code == 403
    posting = city.sign_in(client, "station_clerk")
    address = reverse("households:resident", args=resident.args)
    assert client.get(address).status_code == 200
    Posting.objects.filter(pk=posting.pk).update(area=city.communities["elsewhere"])
    assert client.get(address).status_code == 404
    type(posting.staff).objects.filter(pk=posting.staff_id).update(is_active=False)
    assert client.get(address).status_code == 302


@pytest.mark.django_db
def test_who_moved_to_another_district_is_not_followed_there(client, city):
    city.sign_in(client, "station_clerk")
    home = Household.objects.filter(community=city.communities["here"]).first()
    away = Household.objects.filter(community=city.communities["elsewhere"]).first()
    away.number = "90210"
    away.save(update_fields=["number"])
    person = Resident.objects.filter(memberships__household=home).first()
    MembershipFactory(resident=person, household=away, started_on=city.day)
    ledger.rebuild([person.pk])
    text = text_of(client.get(f"/households/{home.pk}/"))
    assert person.name in text
    assert "90210" not in text
    assert city.communities["elsewhere"].name not in text


@pytest.mark.django_db
def test_looking_at_everything_twice_changes_nothing(client, city):
    city.sign_in(client, "city_office")
    before = digests()
    runs, sheets = Run.objects.count(), SheetImport.objects.count()
    for look in (client.get, client.head):
        for row in MATRIX:
            for target in city.targets_of(row["object"], "city_office")[:1]:
                look(reverse(row["address"], args=target.args))
    assert digests() == before
    assert (Run.objects.count(), SheetImport.objects.count()) == (runs, sheets)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [None, "city_office"])
def test_no_post_works_without_the_token_of_a_page(city, role):
    stranger = Client(enforce_csrf_checks=True)
    if role:
        city.sign_in(stranger, role)
    for row in MATRIX:
        if row["method"] != "POST":
            continue
        for target in city.targets_of(row["object"], role)[:2]:
            address = reverse(row["address"], args=target.args)
            with connection.execute_wrapper(refuse_writes):
                forms = [dict(target.data), dict(target.data) | {"csrfmiddlewaretoken": "x" * 64}]
                answers = [stranger.post(address, form) for form in forms]
                answers.append(stranger.post(address, forms[0], headers={"origin": "https://elsewhere.example"}))
            assert [answer.status_code for answer in answers] == [403] * 3, address
            assert_strict_headers(answers[0], signed_in=role is not None)
