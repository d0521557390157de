from datetime import timedelta

from celery import shared_task

from city import drafts, files, idempotency, jobs, trail

KEYS_KEPT = timedelta(days=7)
DRAFTS_KEPT = timedelta(days=30)


@shared_task
def perform(run_id):
    jobs.perform(run_id)


@shared_task
def recover_runs():
    """Every minute, from beat: the queue may have lost what the run rows know."""
    return jobs.recover_runs()


@shared_task
def seal_trail():
    """Every ten minutes, from beat."""
    return trail.seal()


@shared_task
def expire_files():
    """Every hour, from beat: files past their time, keys of forms nobody will send again, forgotten drafts."""
    idempotency.forget(older_than=KEYS_KEPT)
    drafts.forget(older_than=DRAFTS_KEPT)
    return files.expire_files()
