import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from config.address import client_address
from config.conflict import Conflict, ConflictMiddleware
from config.limits import refuse_oversized

pytestmark = pytest.mark.django_db
PATHS = ["/accounts/login/", "/healthz", "/no-such-page", "/static/bootstrap/css/bootstrap.min.css"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_strict_headers(client, path):
    answer = client.get(path)
    answer.close()
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


def test_pages_are_not_kept_in_the_browser_but_static_files_may_be(client):
    assert "no-store" in client.get("/accounts/login/")["Cache-Control"]
    static = client.get(PATHS[-1])
    static.close()
    assert "no-store" not in static.get("Cache-Control", "")


def test_the_site_speaks_chinese_until_a_person_switches(client):
    page = client.get("/accounts/login/", headers={"accept-language": "en"})
    assert page["Content-Language"] == "zh-hans"
    client.post("/language/", {"language": "en", "next": "/accounts/login/"})
    assert client.get("/accounts/login/")["Content-Language"] == "en"


def test_an_oversized_body_is_refused_unread(rf, settings):
    request = rf.post("/", {"a": "b"})
    request.META["CONTENT_LENGTH"] = str(settings.REQUEST_MAX_BYTES + 1)
    assert refuse_oversized(lambda request: HttpResponse())(request).status_code == 413
    assert not request._read_started


def test_a_form_past_the_limit_is_told_so(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert client.post("/accounts/login/", {"username": "x" * 100}).status_code == 413


@pytest.mark.parametrize(("behind_proxy", "address"), [(False, "10.0.0.1"), (True, "198.51.100.7")])
def test_the_client_address_comes_from_our_own_proxy_alone(settings, behind_proxy, address):
    settings.BEHIND_PROXY = behind_proxy
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="203.0.113.9, 198.51.100.7", REMOTE_ADDR="10.0.0.1")
    assert client_address(request) == address


def test_a_conflict_says_who_and_when(rf, monkeypatch):
    monkeypatch.setattr("config.conflict.render", lambda request, name, context, status: (name, context, status))
    conflict = Conflict("Already decided.", by="张三", at="2026-10-31")
    answer = ConflictMiddleware(None).process_exception(rf.get("/"), conflict)
    assert answer == ("409.html", {"conflict": conflict}, 409)
    assert ConflictMiddleware(None).process_exception(rf.get("/"), ValueError()) is None
