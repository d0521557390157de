"""The made-up city has posts and placements in every state on the desks one can sign in to."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from city.models import Parameter
from households.choices import Channel
from placements.choices import PlacementState, PlanState, PostState, ProposalState, VacancyState
from placements.models import (
    Business,
    Event,
    JobSeeker,
    Offer,
    Placement,
    PlacementBase,
    Post,
    PostPlan,
    PostTransfer,
    Project,
    Proposal,
    ServicePoint,
    Vacancy,
)
from reports.synthetic.founding import make_city

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def report(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        on = timezone.localdate() - timedelta(days=1)
        yield make_city(residents=4_000, communities=4, seed=2008, history_months=6, on=on)
        transaction.set_rollback(True)


def states(model, field="state"):
    return set(model.objects.values_list(field, flat=True))


def test_every_state_is_there(report):
    assert states(PostPlan) == set(PlanState.values)
    assert states(Post) == set(PostState.values)
    assert states(Vacancy) == set(VacancyState.values)
    assert states(Placement) == set(PlacementState.values)
    assert states(Placement, "channel") == set(Channel.values)
    assert states(Proposal) == set(ProposalState.values)


def test_there_is_something_on_every_list(report):
    for model in (Business, Event, JobSeeker, Offer, PlacementBase, PostTransfer, Project, ServicePoint):
        assert model.objects.exists(), model
    assert Event.objects.filter(attended__isnull=False).exists()
    assert Parameter.objects.filter(name="labour_export_plan").exists()
    assert Placement.objects.on_posts_until(timezone.localdate() + timedelta(days=90)).exists()


def test_a_proposal_waits_and_another_reserved_posts(report):
    waits = Proposal.objects.filter(state=ProposalState.PROPOSED).first()
    assert waits.pairs.exists() or waits.left_out.exists()
    committed = Proposal.objects.filter(state=ProposalState.COMMITTED).first()
    assert committed.pairs.exists()
    assert Post.objects.filter(pk__in=committed.pairs.values("post")).exclude(state=PostState.OPEN).exists()


def test_the_report_names_what_was_made(report):
    assert {"post", "postplan", "vacancy", "jobseeker", "placement", "proposal", "event", "project"} <= set(
        report["objects"]
    )
