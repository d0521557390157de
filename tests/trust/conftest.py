import logging

import pytest
from django.db import transaction
from django.test import override_settings

from tests.trust.small_city import SmallCity


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, tmp_path_factory):
    """One small city for all tests of a module; what each test does to it is taken back."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        override_settings(FILES_ROOT=tmp_path_factory.mktemp("files")),
    ):
        yield SmallCity()
        transaction.set_rollback(True)


@pytest.fixture
def city(made, db):
    return made


@pytest.fixture(autouse=True)
def refusals_are_expected(caplog):
    """Thousands of refused requests would write a traceback each."""
    caplog.set_level(logging.CRITICAL, logger="django.request")
    caplog.set_level(logging.CRITICAL, logger="django.security")
