from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag
from django.utils import timezone

from city import files, tasks
from city.models import StoredFile, TrailEntry
from tests.city.factories import PostingFactory

pytestmark = pytest.mark.django_db
CONTENT = b"330102199001011234, a name"


@pytest.fixture(autouse=True)
def files_root(settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def stored():
    return files.store("../list.csv", CONTENT, content_type="text/csv", posting=PostingFactory(), keep_days=1)


def address(stored):
    return f"/files/{stored.stored_as}/"


def test_a_file_comes_back_as_it_was_and_lies_encrypted_under_a_random_name(stored, files_root):
    assert files.read(stored) == CONTENT
    (path,) = [path for path in files_root.rglob("*") if path.is_file()]
    assert b"3301" not in path.read_bytes()
    assert path.name == stored.stored_as.hex
    assert (stored.name, stored.size) == ("list.csv", len(CONTENT))


def test_a_file_can_be_stored_from_a_path(tmp_path):
    (tmp_path / "a.csv").write_bytes(CONTENT)
    assert files.read(files.store("a.csv", tmp_path / "a.csv", content_type="text/csv")) == CONTENT


def test_a_file_changed_on_disk_is_not_served(stored):
    path = files.path_of(stored)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(InvalidTag):
        files.read(stored)


def test_a_file_past_its_time_is_gone_even_before_it_is_deleted(stored):
    StoredFile.objects.update(expires_at=timezone.now())
    stored.refresh_from_db()
    with pytest.raises(files.FileGone):
        files.read(stored)
    assert tasks.expire_files() == 1
    assert not files.path_of(stored).exists()
    assert tasks.expire_files() == 0
    assert StoredFile.objects.filter(pk=stored.pk).exists()


def test_a_discarded_file_goes_when_that_is_committed(stored, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        files.discard(stored)
        assert files.path_of(stored).exists()
    assert not files.path_of(stored).exists()


def test_what_a_rolled_back_transaction_left_is_swept_after_a_day(stored, files_root, monkeypatch):
    (files_root / "ab").mkdir(exist_ok=True)
    (files_root / "ab" / ("ab" + "0" * 30)).write_bytes(b"orphan")
    assert files.expire_files() == 0
    monkeypatch.setattr(files, "ORPHANS_KEPT", -timedelta(minutes=1))
    assert files.expire_files() == 1
    assert files.read(stored) == CONTENT


def test_the_owner_downloads_an_attachment_and_the_trail_knows(client, stored):
    client.force_login(stored.posting.staff)
    answer = client.get(address(stored))
    assert b"".join(answer.streaming_content) == CONTENT
    assert answer["Content-Disposition"] == 'attachment; filename="list.csv"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    event = TrailEntry.objects.get(table="download")
    assert (event.key, event.act.staff) == (str(stored.pk), stored.posting.staff)


def test_without_sign_in_one_is_asked_to(client, stored):
    assert client.get(address(stored)).status_code == 302


def test_anothers_file_is_not_found(client, stored):
    client.force_login(PostingFactory().staff)
    assert client.get(address(stored)).status_code == 404


def test_a_file_past_its_time_is_not_found(client, stored):
    StoredFile.objects.update(expires_at=timezone.now())
    client.force_login(stored.posting.staff)
    assert client.get(address(stored)).status_code == 404


@pytest.mark.parametrize("path", ["/files/../settings.py", "/files/%00/", "/files/list.csv/"])
def test_nothing_is_served_by_a_guessed_name(client, stored, path):
    client.force_login(stored.posting.staff)
    assert client.get(path).status_code == 404
