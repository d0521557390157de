import logging
import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta

import pytest
from celery import Celery
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from city import jobs, tasks
from city.choices import RunState
from city.models import Lease, Run, TrailEntry
from tests.city import slow_job

DAY = date(2026, 10, 31)
pytestmark = pytest.mark.django_db


@pytest.fixture
def register(monkeypatch):
    monkeypatch.setattr(jobs, "_jobs", {})
    return lambda function, name="test": jobs.job(name)(function)


def make_run(**fields):
    return Run.objects.create(**{"job": "test", "heartbeat_at": timezone.now() - timedelta(minutes=5)} | fields)


def performed(run):
    jobs.perform(run.pk)
    run.refresh_from_db()
    return run


def test_a_run_is_performed_and_keeps_its_result(register):
    register(lambda run: {"rows": run.parameters["rows"]})
    run = performed(make_run(parameters={"rows": 3}))
    assert (run.state, run.result, run.attempts, run.error) == (RunState.DONE, {"rows": 3}, 1, "")
    assert run.started_at <= run.finished_at
    assert TrailEntry.objects.get(table="run").before["state"] == RunState.DONE


def test_enqueued_it_is_performed_once_committed(register, django_capture_on_commit_callbacks):
    register(lambda run: "done")
    with django_capture_on_commit_callbacks(execute=True):
        run = jobs.enqueue("test", parameters={"a": 1})
        assert run.state == RunState.WAITING
    run.refresh_from_db()
    assert (run.state, run.result) == (RunState.DONE, "done")


def test_what_is_rolled_back_is_never_performed(register, django_capture_on_commit_callbacks):
    register(lambda run: pytest.fail("performed"))

    @transaction.atomic
    def fails_after_enqueueing():
        jobs.enqueue("test")
        raise ZeroDivisionError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError):
        fails_after_enqueueing()
    assert Run.objects.count() == 0


def test_a_job_has_one_run_a_business_day(register, django_capture_on_commit_callbacks):
    seen = []
    register(lambda run: seen.append(run.pk))
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            jobs.enqueue("test", business_day=DAY)
    assert len(seen) == 1
    with pytest.raises(IntegrityError, match="run_one_per_job_and_day|business_day"), transaction.atomic():
        make_run(business_day=DAY)


def test_a_failed_run_of_a_day_is_tried_anew_when_asked_for_again(register, django_capture_on_commit_callbacks):
    run = make_run(business_day=DAY, state=RunState.FAILED, attempts=5, error="no")
    register(lambda run: "now it works")
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.enqueue("test", business_day=DAY) == run
    run.refresh_from_db()
    assert (run.state, run.attempts, run.error) == (RunState.DONE, 1, "")


@pytest.mark.parametrize("state", [RunState.DONE, RunState.FAILED])
def test_a_finished_run_is_left_alone(register, state):
    register(lambda run: pytest.fail("performed"))
    assert performed(make_run(state=state)).attempts == 0


def test_a_failing_job_keeps_one_clear_line_and_the_log_the_rest(register, caplog):
    def fails(run):
        raise ValueError("the sheet has no heading\nsecond line")

    register(fails)
    with caplog.at_level(logging.ERROR):
        run = performed(make_run())
    assert (run.state, run.error) == (RunState.FAILED, "the sheet has no heading")
    assert "Traceback" in caplog.text


def test_what_only_a_programmer_understands_stays_in_the_log(register, caplog):
    def fails(run):
        return {}["sheet"]

    register(fails)
    with caplog.at_level(logging.ERROR):
        run = performed(make_run())
    assert run.state == RunState.FAILED
    assert "'sheet'" not in run.error
    assert "KeyError" in caplog.text


def test_the_databases_words_are_not_shown_because_they_quote_rows(register):
    def fails(run):
        with transaction.atomic():
            make_run(business_day=DAY)
            make_run(business_day=DAY)

    register(fails)
    run = performed(make_run())
    assert run.state == RunState.FAILED
    assert "2026" not in run.error


def test_a_run_cut_off_by_the_database_waits_for_its_recovery(register, monkeypatch):
    def cut(run):
        raise OperationalError("server closed the connection")

    register(cut)
    monkeypatch.setattr(jobs.connection, "close", lambda: None)
    assert performed(make_run()).state == RunState.RUNNING
    register(lambda run: "whole")
    assert jobs.recover_runs() == 1
    run = Run.objects.get()
    assert (run.state, run.result, run.attempts) == (RunState.DONE, "whole", 2)


def test_a_job_that_finds_something_busy_is_tried_later(register):
    def busy(run):
        raise jobs.Busy("import roster")

    register(busy)
    run = performed(make_run())
    assert (run.state, run.error) == (RunState.WAITING, "")


def test_progress_beats_and_tells_rows(register):
    def counts(run):
        jobs.progress(run, 5, 10)
        return Run.objects.values_list("rows_done", "rows_total").get(pk=run.pk)

    def counts_to_the_end(run):
        for done in range(1, 11):
            jobs.progress(run, done, 10)

    register(counts)
    assert performed(make_run()).result == [0, None]
    register(counts_to_the_end)
    run = performed(make_run())
    assert (run.rows_done, run.rows_total, run.percent) == (10, 10, 100)


def test_recovery_finds_lost_and_dead_runs_and_no_others(register):
    register(lambda run: "done")
    lost = make_run()
    dead = make_run(state=RunState.RUNNING, attempts=1)
    fresh = make_run(heartbeat_at=timezone.now())
    make_run(state=RunState.DONE)
    assert jobs.recover_runs() == 2
    assert set(Run.objects.filter(result="done")) == {lost, dead}
    fresh.refresh_from_db()
    assert fresh.state == RunState.WAITING


def test_recovery_gives_up_after_five_attempts(register):
    register(lambda run: pytest.fail("performed"))
    run = make_run(state=RunState.RUNNING, attempts=jobs.MAX_ATTEMPTS)
    assert tasks.recover_runs() == 0
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "5" in run.error


def test_a_broker_that_is_away_loses_nothing(register, settings, django_capture_on_commit_callbacks, monkeypatch):
    settings.CELERY_TASK_ALWAYS_EAGER = False

    def away(*args):
        raise ConnectionRefusedError

    monkeypatch.setattr(jobs.current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        run = jobs.enqueue("test")
    assert run.state == RunState.WAITING


def test_a_lock_is_given_back_even_after_an_error_of_the_database():
    Run.objects.create(job="a", business_day=DAY)
    with pytest.raises(IntegrityError), jobs.lock("a"):
        Run.objects.create(job="a", business_day=DAY)
    with jobs.lock("a"):
        pass


@pytest.fixture
def on_sqlite(monkeypatch):
    """The lease is plain rows and works on any database; PostgreSQL has something better."""
    monkeypatch.setattr(connection, "vendor", "sqlite")


@pytest.mark.usefixtures("on_sqlite")
def test_a_held_lease_makes_others_leave_until_it_is_given_back(register):
    register(lambda run: pytest.fail("performed"))
    run = make_run()
    with jobs.lock(f"run-{run.pk}"):
        assert jobs.is_held(f"run-{run.pk}")
        assert performed(run).attempts == 0
    assert not jobs.is_held(f"run-{run.pk}")


@pytest.mark.usefixtures("on_sqlite")
def test_a_lease_nobody_renews_is_free_after_a_minute():
    with jobs.lock("a") as lease:
        Lease.objects.update(expires_at=timezone.now())
        assert not jobs.is_held("a")
        jobs.renew(lease)
        assert jobs.is_held("a")
        Lease.objects.update(expires_at=timezone.now())
        with jobs.lock("a") as other:
            assert other.holder != lease.holder


@pytest.mark.usefixtures("on_sqlite")
def test_progress_renews_the_lease(register):
    def long(run):
        Lease.objects.update(expires_at=timezone.now())
        jobs.progress(run, 1, 1)
        return jobs.is_held(f"run-{run.pk}")

    register(long)
    assert performed(make_run()).result is True


# Several processes, PostgreSQL and Redis


def start(module, *arguments, **environment):
    """Another process on the database of this test."""
    database = connection.settings_dict
    database_url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {"APP_ENV": "test", "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings"}
        | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def call(code):
    return start("django", "shell", "-v0", "-c", f"import tests.city.slow_job; from city import jobs; jobs.{code}")


def wait_for(condition, seconds=40):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def kill(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def slow_run(seconds):
    return Run.objects.create(job="slow days", parameters={"seconds": seconds}, heartbeat_at=timezone.now())


def is_started(run, rows=1):
    return lambda: slow_job.written() >= rows and Run.objects.get(pk=run.pk).state == RunState.RUNNING


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_of_several_processes_one_works_and_the_others_leave():
    run = slow_run(0.2)
    processes = [call(f"perform({run.pk})") for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    run.refresh_from_db()
    assert (run.state, run.attempts, slow_job.written()) == (RunState.DONE, 1, 20)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_killed_holder_frees_the_lock_at_once():
    run = slow_run(5)
    process = call(f"perform({run.pk})")
    wait_for(is_started(run))
    assert jobs.is_held(f"run-{run.pk}")
    kill(process)
    wait_for(lambda: not jobs.is_held(f"run-{run.pk}"), seconds=5)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rows", [1, 8])
def test_a_killed_celery_worker_is_recovered_with_the_same_result(rows):
    """A whole worker dies: its message would come back after hours, the run row is found within minutes."""
    worker = ("celery", "-A", "config", "worker", "-I", "tests.city.slow_job", "-c", "1", "-Q", "test-jobs")
    redis = {"REDIS_URL": settings.REDIS_URL, "APP_ENV": "demo"}
    sender = Celery(broker=settings.REDIS_URL)
    run = slow_run(0.1)
    sender.send_task("city.tasks.perform", [run.pk], queue="test-jobs")
    first = start(*worker, **redis)
    wait_for(is_started(run, rows))
    kill(first)
    assert slow_job.written() < 20

    wait_for(lambda: not jobs.is_held(f"run-{run.pk}"), seconds=5)
    call("recover_runs()").wait(60)
    run.refresh_from_db()
    assert (run.state, run.result) == (RunState.DONE, {"days": 20, "attempt": 2})
    assert slow_job.written() == 20
