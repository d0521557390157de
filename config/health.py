"""`/healthz`: the process is up. `/readyz`: what it needs is there. Neither gives details to a stranger."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.utils.module_loading import import_string
from redis import Redis, RedisError

from config.endpoint import endpoint

BROKER_TIMEOUT_SECONDS = 2


def database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def broker():
    """Without a broker jobs run in process, and there is nothing to wait for."""
    if not settings.REDIS_URL:
        return True
    timeouts = {"socket_connect_timeout": BROKER_TIMEOUT_SECONDS, "socket_timeout": BROKER_TIMEOUT_SECONDS}
    with Redis.from_url(settings.REDIS_URL, **timeouts) as redis:
        return redis.ping()


def is_ready(dotted_path):
    try:
        return bool(import_string(dotted_path)())
    except (DatabaseError, RedisError, OSError):
        return False


@endpoint(methods=["GET"], public=True)
def healthz(request):
    return HttpResponse("ok\n", content_type="text/plain")


@endpoint(methods=["GET"], public=True)
def readyz(request):
    missing = [name for name, path in settings.READINESS_CHECKS.items() if not is_ready(path)]
    if missing:
        return HttpResponse(f"not ready: {', '.join(missing)}\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")
