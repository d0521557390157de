import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone
from django.utils.translation import gettext_lazy

from city import idempotency, navigation
from city.choices import Role
from city.context import frame
from city.middleware import PostingMiddleware
from city.models import IdempotencyKey, Staff, TrailEntry
from tests.city.factories import PostingFactory, StaffFactory

pytestmark = pytest.mark.django_db
NO_FILE = f"/files/{uuid.uuid4()}/"
SWITCH = "/postings/switch/"


def posting_used(client):
    return client.get(NO_FILE).wsgi_request.posting


def test_the_first_posting_in_force_is_used_until_another_is_chosen(client):
    today = timezone.localdate()
    staff = StaffFactory()
    PostingFactory(staff=staff, ended_on=today - timedelta(days=1))
    PostingFactory(staff=staff, started_on=today + timedelta(days=1))
    first, second = PostingFactory.create_batch(2, staff=staff, ended_on=today)
    client.force_login(staff)
    assert posting_used(client) == first
    answer = client.post(SWITCH, {"posting": second.pk})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert posting_used(client) == second


@pytest.mark.parametrize("chosen", ["", "0", "x", "other"])
def test_only_an_own_posting_in_force_can_be_chosen(client, chosen):
    mine, others = PostingFactory.create_batch(2)
    client.force_login(mine.staff)
    assert client.post(SWITCH, {"posting": others.pk if chosen == "other" else chosen}).status_code == 404
    assert posting_used(client) == mine


def test_a_chosen_posting_that_ended_is_used_no_more(client):
    staff = StaffFactory()
    first, second = PostingFactory.create_batch(2, staff=staff)
    client.force_login(staff)
    client.post(SWITCH, {"posting": second.pk})
    type(second).objects.filter(pk=second.pk).update(ended_on=timezone.localdate() - timedelta(days=1))
    assert posting_used(client) == first


def test_switching_is_by_post(client):
    client.force_login(PostingFactory().staff)
    assert client.get(SWITCH).status_code == 405


def test_without_a_posting_one_can_only_sign_out_and_the_trail_knows(client):
    staff = StaffFactory()
    client.force_login(staff)
    answer = client.get(NO_FILE)
    assert answer.status_code == 403
    assert "city/no_posting.html" in [template.name for template in answer.templates]
    assert TrailEntry.objects.get(table="refused").act.staff == staff
    assert client.post("/accounts/logout/").status_code == 302


def test_every_answer_has_the_number_of_its_request(client):
    numbers = {client.get("/healthz")["X-Request-ID"] for _ in range(2)}
    assert len(numbers) == 2


@pytest.mark.parametrize("number", [1, 30])
def test_the_postings_cost_one_query_and_the_frame_none(number, django_assert_num_queries):
    staff = StaffFactory()
    PostingFactory.create_batch(number, staff=staff)
    request = RequestFactory().get("/")
    request.user, request.session = staff, {}

    def answer(request):
        context = frame(request)
        assert len(context["other_postings"]) == number - 1
        assert context["posting"].staff.name == staff.name
        assert context["posting"].area.name
        return {}

    class Answer(dict):
        status_code = 200

    with django_assert_num_queries(1):
        PostingMiddleware(lambda request: Answer(answer(request)))(request)


def test_the_menu_shows_what_the_posting_may_open(monkeypatch):
    monkeypatch.setattr(navigation, "_entries", {})
    navigation.register(gettext_lazy("Runs"), "login", permission="city.view_all_runs", order=2)
    navigation.register(gettext_lazy("Sign out"), "logout", order=1)
    clerk, office = PostingFactory.build(), PostingFactory.build(role=Role.CITY_OFFICE)
    assert [entry.url for entry in navigation.entries_for(clerk)] == ["/accounts/logout/"]
    shown = navigation.entries_for(office, here="login")
    assert [(entry.url, entry.current) for entry in shown] == [
        ("/accounts/logout/", False),
        ("/accounts/login/", True),
    ]
    assert navigation.entries_for(None) == []


# Forms sent twice


def sent(posting, key, path="/", **fields):
    request = RequestFactory().post(path, {"idempotency_key": key, **fields})
    request.posting = posting
    return request


def test_the_second_send_is_answered_like_the_first():
    posting, key = PostingFactory(), str(uuid.uuid4())
    assert idempotency.once(sent(posting, key)) is None
    idempotency.remember(sent(posting, key), "/answer/")
    assert idempotency.once(sent(posting, key)) == "/answer/"
    assert idempotency.once(sent(PostingFactory(), key)) is None


def test_of_two_sends_at_once_the_slower_is_undone_and_answered_like_the_quicker():
    request = sent(PostingFactory(), str(uuid.uuid4()))
    idempotency.remember(request, "/first/")

    @transaction.atomic
    def work():
        StaffFactory(number="slower")
        idempotency.remember(request, "/second/")

    with pytest.raises(idempotency.SentTwice) as twice:
        work()
    assert not Staff.objects.filter(number="slower").exists()
    assert PostingMiddleware(None).process_exception(request, twice.value)["Location"] == "/first/"


OTHERS = [
    {"name": "李强"},
    {"name": "王芳", "more": ""},
    {"name": "王芳", "path": "/elsewhere/"},
    {"name": "王芳", "file": SimpleUploadedFile("a.csv", b"1")},
]


@pytest.mark.parametrize("other", OTHERS)
def test_a_key_used_before_with_other_contents_is_refused(other):
    posting, key = PostingFactory(), str(uuid.uuid4())
    idempotency.remember(sent(posting, key, name="王芳"), "/answer/")
    request = sent(posting, key, **other)
    assert idempotency.was_sent(request)
    with pytest.raises(idempotency.SentOtherwise) as otherwise:
        idempotency.once(request)
    with pytest.raises(idempotency.SentOtherwise):
        idempotency.remember(request, "/answer/")
    assert PostingMiddleware(None).process_exception(request, otherwise.value).status_code == 422


def test_files_of_one_name_are_told_apart_by_what_they_hold():
    posting, key = PostingFactory(), str(uuid.uuid4())
    one, same, other = (SimpleUploadedFile("a.csv", content) for content in (b"12", b"12", b"13"))
    request = sent(posting, key, file=one)
    idempotency.remember(request, "/answer/")
    assert request.FILES["file"].read() == b"12"
    assert idempotency.once(sent(posting, key, file=same)) == "/answer/"
    with pytest.raises(idempotency.SentOtherwise):
        idempotency.once(sent(posting, key, file=other))


def test_a_key_stored_without_its_contents_answers_for_any():
    posting, key = PostingFactory(), uuid.uuid4()
    IdempotencyKey.objects.create(posting=posting, key=key, answer="/answer/")
    assert idempotency.once(sent(posting, str(key), name="王芳")) == "/answer/"


@pytest.mark.parametrize("key", ["", "no uuid"])
def test_a_form_without_a_key_is_taken_each_time(key):
    request = sent(PostingFactory(), key)
    idempotency.remember(request, "/answer/")
    assert idempotency.once(request) is None


def test_old_keys_are_forgotten():
    idempotency.remember(sent(PostingFactory(), str(uuid.uuid4())), "/answer/")
    idempotency.forget(older_than=timedelta(days=7))
    assert IdempotencyKey.objects.count() == 1
    idempotency.forget(older_than=-timedelta(days=1))
    assert IdempotencyKey.objects.count() == 0
