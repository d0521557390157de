import os

import pytest
from django.conf import settings
from django.db import connection

from tests.trust.kill_nights import run


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_night_whose_worker_is_killed_ends_like_an_undisturbed_one():
    server = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/postgres".format(**connection.settings_dict)
    name = f"trust_{os.getpid()}"
    different = run(
        database_url=server, redis_url=settings.REDIS_URL, kills=2, residents=1_000, name=name, tell=lambda line: None
    )
    assert different == []
