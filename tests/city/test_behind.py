"""Work done behind the caller: in order, in the caller's transaction, and never silently failed."""

import sys
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from city.behind import Behind
from city.models import Employer
from tests.city.factories import EmployerFactory

pytestmark = pytest.mark.django_db

needs_a_server = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite does all at once")


def test_work_is_done_in_the_order_given_and_its_answers_come_back():
    done = []
    with Behind() as behind:
        answers = [behind.do(lambda number=number: done.append(number) or number * 2) for number in range(50)]
    assert done == list(range(50))
    assert [answer.result() for answer in answers] == [number * 2 for number in range(50)]


def test_it_writes_in_the_transaction_of_the_caller():
    def fails():
        with transaction.atomic(), Behind() as behind:
            behind.do(EmployerFactory, name="behind")
            assert behind.do(Employer.objects.count).result() == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert Employer.objects.count() == 0


def test_what_fails_behind_is_raised():
    EmployerFactory(credit_code="same")
    with pytest.raises(IntegrityError), transaction.atomic(), Behind() as behind:
        behind.do(Employer.objects.create, credit_code="same", name="", kind="company")
    assert Employer.objects.count() == 1


@needs_a_server
def test_the_first_failure_is_told_whatever_fails_after_it():
    EmployerFactory(credit_code="same")

    def fails():
        with transaction.atomic(), Behind() as behind:
            behind.do(Employer.objects.create, credit_code="same", name="", kind="company")
            for _each in range(100):
                behind.do(Employer.objects.count).result()

    with pytest.raises(IntegrityError):
        fails()


@needs_a_server
def test_the_caller_goes_on_meanwhile_but_not_far_ahead():
    go_on, begun = threading.Event(), []
    with Behind() as behind:
        behind.do(go_on.wait, 10)
        threading.Timer(0.2, go_on.set).start()
        for number in range(40):
            behind.do(begun.append, number)
            if not go_on.is_set():
                assert (begun, number < 16) == ([], True)
    assert begun == list(range(40))


def test_nothing_is_left_behind():
    threads, turn = threading.active_count(), sys.getswitchinterval()
    with Behind() as behind:
        behind.do(Employer.objects.count)
    assert (threading.active_count(), sys.getswitchinterval()) == (threads, turn)
    assert not connection.allow_thread_sharing
