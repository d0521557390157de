import pytest

pytestmark = pytest.mark.django_db
WRONG = {"username": "somebody", "password": "not the password"}


def test_the_fifth_failure_locks_the_account_at_this_address(client):
    answers = [client.post("/accounts/login/", WRONG).status_code for _ in range(6)]
    assert answers[:4] == [200] * 4
    assert answers[4:] == [429] * 2


def test_one_address_cannot_lock_everybody_out(client):
    for _ in range(6):
        client.post("/accounts/login/", WRONG)
    assert client.post("/accounts/login/", WRONG | {"username": "another"}).status_code == 200


def test_the_admin_is_no_second_door(client, settings):
    answer = client.get("/admin/login/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(settings.LOGIN_URL)
