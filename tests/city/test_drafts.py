"""Drafts: kept encrypted for who types, found again, gone once sent or after a month."""

import uuid
from datetime import timedelta

import pytest
from django import forms
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from city import drafts
from city.models import Draft, IdempotencyKey
from city.tasks import expire_files
from tests.city.factories import PostingFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/drafts/visit/7/"


@pytest.fixture
def posting():
    return PostingFactory()


@pytest.fixture
def clerk(client, posting):
    client.force_login(posting.staff)
    return client


class SampleForm(forms.Form):
    name = forms.CharField()
    asked = forms.BooleanField(required=False)
    wishes = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple)
    on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))


def test_what_is_typed_is_kept_and_fills_the_form_again(clerk, posting):
    clerk.post(ADDRESS, {"name": "王", "wishes": ["a", "b"], "on": "2026-1", "csrfmiddlewaretoken": "x"})
    assert clerk.post(ADDRESS, {"name": "王芳", "wishes": ["b"], "on": "2026-1"}).status_code == 200
    draft = drafts.load(posting, "visit", 7)
    form = drafts.fill(SampleForm(initial={"name": "before", "asked": True}), draft)
    assert (form["name"].value(), form["wishes"].value(), form["on"].value()) == ("王芳", ["b"], "2026-1")
    assert form["asked"].value() is False
    assert 'value="2026-1"' in str(form["on"])
    assert not form.errors
    assert Draft.objects.count() == 1


def test_no_draft_leaves_the_form_as_it_is(posting):
    draft = drafts.load(posting, "visit", 7)
    assert not draft
    assert (draft.form, draft.key) == ("visit", "7")
    assert drafts.fill(SampleForm(initial={"name": "before"}), draft)["name"].value() == "before"


def test_a_sent_form_is_not_filled_over(posting):
    drafts.save(posting, "visit", 7, QueryDict("name=typed"))
    form = drafts.fill(SampleForm({"name": "sent"}), drafts.load(posting, "visit", 7))
    assert form["name"].value() == "sent"


def test_a_draft_is_encrypted_and_keeps_no_token_key_or_password(posting):
    key = uuid.uuid4()
    sent = QueryDict(f"name=WANG&csrfmiddlewaretoken=token&password=secret&idempotency_key={key}")
    drafts.save(posting, "visit", 7, sent)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM city_draft")
        assert b"WANG" not in bytes(cursor.fetchone()[0])
    assert dict(drafts.load(posting, "visit", 7).data) == {"name": ["WANG"]}


def test_drafts_belong_to_the_posting_that_types(posting, client):
    drafts.save(posting, "visit", 7, QueryDict("name=typed"))
    other = PostingFactory(area=posting.area)
    assert not drafts.load(other, "visit", 7)
    assert not drafts.load(PostingFactory(staff=posting.staff), "visit", 7)
    client.force_login(other.staff)
    client.post(f"{ADDRESS}drop/")
    assert drafts.load(posting, "visit", 7)


def test_a_draft_is_dropped_and_the_reader_goes_back(clerk, posting):
    clerk.post(ADDRESS, {"name": "typed"})
    answer = clerk.post(f"{ADDRESS}drop/", {"next": "/households/7/visit/"})
    assert answer["Location"] == "/households/7/visit/"
    assert not drafts.load(posting, "visit", 7)


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_dropping_a_draft_leads_nowhere_else(clerk, away):
    assert clerk.post(f"{ADDRESS}drop/", {"next": away})["Location"] == "/"


def test_a_form_that_was_sent_meanwhile_is_not_kept(clerk, posting):
    key = uuid.uuid4()
    IdempotencyKey.objects.create(posting=posting, key=key, answer="/")
    assert clerk.post(ADDRESS, {"name": "typed", "idempotency_key": str(key)}).status_code == 204
    assert not Draft.objects.exists()


def test_a_form_too_long_to_keep_says_so_and_leaves_the_older_draft(clerk, posting):
    clerk.post(ADDRESS, {"name": "typed"})
    answer = clerk.post(ADDRESS, {"name": "x" * drafts.LONGEST})
    assert answer.context["at"] is None
    assert drafts.load(posting, "visit", 7).data["name"] == "typed"


def test_names_longer_than_the_drawer_are_nowhere(clerk):
    assert clerk.post(f"/drafts/{'x' * 61}/7/").status_code == 404
    assert clerk.post(f"/drafts/visit/{'7' * 61}/").status_code == 404
    assert clerk.get(ADDRESS).status_code == 405


def test_drafts_nobody_went_on_with_are_gone_after_a_month(posting, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    drafts.save(posting, "visit", 7, QueryDict("name=old"))
    drafts.save(posting, "visit", 8, QueryDict("name=new"))
    Draft.objects.filter(key="7").update(saved_at=timezone.now() - timedelta(days=30, minutes=1))
    Draft.objects.filter(key="8").update(saved_at=timezone.now() - timedelta(days=29))
    expire_files()
    assert list(Draft.objects.values_list("key", flat=True)) == ["8"]


@pytest.mark.parametrize(("sent", "number"), [("3", 3), ("", 0), ("x", 0), ("99999", 0), ("-1", 0)])
def test_how_many_forms_of_a_formset_were_open(posting, sent, number):
    drafts.save(posting, "household", drafts.NEW, QueryDict(f"members-TOTAL_FORMS={sent}"))
    assert drafts.load(posting, "household").forms("members") == number
