"""The guards of conftest are themselves tried: a guard that never bites is worse than none."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import path

from config.endpoint import endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@endpoint(methods=["GET"], public=True)
def writing_page(request):
    ContentType.objects.filter(app_label="nobody").update(model="changed")
    return HttpResponse()


@endpoint(methods=["GET"], public=True)
def reading_page(request):
    with transaction.atomic():
        return HttpResponse(ContentType.objects.count())


@endpoint(methods=["GET"])
def closed_page(request):
    return HttpResponse()


urlpatterns = [path("writes/", writing_page), path("reads/", reading_page), path("closed/", closed_page)]


def test_a_get_that_writes_fails_its_test(client):
    with pytest.raises(pytest.fail.Exception, match="a GET wrote: UPDATE"):
        client.get("/writes/")


def test_a_get_that_reads_does_not(client):
    assert client.get("/reads/").status_code == 200


def test_a_page_is_closed_unless_it_says_otherwise(client, settings):
    answer = client.get("/closed/")
    assert (answer.status_code, answer["Location"]) == (302, f"{settings.LOGIN_URL}?next=/closed/")


@pytest.mark.services
def test_the_services_are_the_real_ones(settings):
    assert connection.vendor == "postgresql"
    assert settings.REDIS_URL
