import os

import pytest
from django.conf import settings
from django.db import connection

from tests.trust.kill_imports import run


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_of_a_sheet_whose_writer_is_killed_all_is_there_or_nothing_and_in_the_end_all():
    server = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/postgres".format(**connection.settings_dict)
    name = f"trust_imports_{os.getpid()}"
    nothing, everything = run(
        database_url=server, redis_url=settings.REDIS_URL, kills=4, rows=300, name=name, tell=lambda line: None
    )
    assert nothing + everything == 4
