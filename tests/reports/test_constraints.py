from datetime import date

import pytest

from reports.models import Chart, Dashboard
from tests.city.factories import AreaFactory
from tests.constraints import assert_refused, named
from tests.reports.factories import (
    AreaStatusFactory,
    CriterionFactory,
    CriterionResultFactory,
    ManualJudgementFactory,
    RuleSetFactory,
)

pytestmark = pytest.mark.django_db


def chart(digest="d"):
    return Chart.objects.create(digest=digest, specification={}, svg="")


def again(factory, *fields):
    def write():
        first = factory()
        factory(**{field: getattr(first, field) for field in fields})

    return write


def charts_twice():
    chart()
    chart()


def boards_twice():
    area = AreaFactory()
    for digest in ("a", "b"):
        Dashboard.objects.create(area=area, on=date(2026, 10, 31), chart=chart(digest))


CASES = {
    "ruleset_same_text_once": again(RuleSetFactory, "area", "level", "in_force_from", "key", "digest"),
    "criterion_position_unique": again(CriterionFactory, "ruleset", "position"),
    "criterion_indicator_or_manual": lambda: CriterionFactory(manual="site_inspection"),
    "criterion_points_with_their_kind": lambda: CriterionFactory(kind="points"),
    "manualjudgement_one_a_day": again(ManualJudgementFactory, "area", "manual", "judged_on"),
    "areastatus_one_a_day": again(AreaStatusFactory, "area", "on"),
    "areastatus_verdict_with_its_rules": lambda: AreaStatusFactory(verdict="met"),
    "criterionresult_one_each": again(CriterionResultFactory, "status", "criterion"),
    "criterionresult_bounds_in_order": lambda: CriterionResultFactory(worst_numerator=5, best_numerator=4),
    "chart_digest_unique": charts_twice,
    "dashboard_one_a_day": boards_twice,
}


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses(name):
    assert_refused("reports", name, CASES[name])


def test_every_constraint_is_tried():
    assert set(named("reports")) == set(CASES)


def test_points_without_their_kind_are_refused_too():
    assert_refused("reports", "criterion_points_with_their_kind", lambda: CriterionFactory(points=5))
