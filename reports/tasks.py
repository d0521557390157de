from celery import shared_task

from reports.services.nightly import schedule


@shared_task
def nightly():
    """At 01:30, from beat: the night just ended, and any missed before it."""
    schedule()
