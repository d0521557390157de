from datetime import date

import factory
from django.utils import timezone

from city.choices import AreaLevel
from city.models import PolicyDocument
from reports.choices import Comparator, CriterionKind
from reports.models import AreaStatus, Criterion, CriterionResult, ManualJudgement, RuleSet
from tests.city.factories import AreaFactory, StaffFactory

#: A rule set as a file: `{head}` and `{criteria}` take more lines.
POLICY = """
[ruleset]
key = "tried"
title = "Tried"
document = "No. 1"
level = "community"
in_force_from = 2008-01-01
{head}

[[criterion]]
indicator = "employment_rate"
comparator = ">="
threshold = "{threshold}"
kind = "required"
{criteria}
"""


def policy_text(head="", threshold="0.95", criteria=""):
    return POLICY.format(head=head, threshold=threshold, criteria=criteria)


class PolicyDocumentFactory(factory.django.DjangoModelFactory):
    number = factory.Sequence(lambda number: f"No. {number}")

    class Meta:
        model = PolicyDocument


class RuleSetFactory(factory.django.DjangoModelFactory):
    key = factory.Sequence(lambda number: f"rules-{number}")
    title = factory.LazyAttribute(lambda self: self.key)
    document = factory.SubFactory(PolicyDocumentFactory)
    level = AreaLevel.COMMUNITY
    area = factory.SubFactory(AreaFactory)
    in_force_from = date(2008, 1, 1)
    digest = factory.Sequence(lambda number: f"{number:064}")

    class Meta:
        model = RuleSet


class CriterionFactory(factory.django.DjangoModelFactory):
    ruleset = factory.SubFactory(RuleSetFactory)
    position = factory.Sequence(lambda number: number)
    indicator = "employment_rate"
    comparator = Comparator.AT_LEAST
    threshold = "0.95"
    kind = CriterionKind.REQUIRED

    class Meta:
        model = Criterion

    class Params:
        by_hand = factory.Trait(indicator="", comparator="", threshold="", manual="no_complaints")


class ManualJudgementFactory(factory.django.DjangoModelFactory):
    area = factory.SubFactory(AreaFactory, community=True)
    manual = "no_complaints"
    judged_on = date(2026, 10, 1)
    verdict = "met"
    by = factory.SubFactory(StaffFactory)

    class Meta:
        model = ManualJudgement


class AreaStatusFactory(factory.django.DjangoModelFactory):
    area = factory.SubFactory(AreaFactory, community=True)
    on = date(2026, 10, 31)
    ruleset = None
    verdict = ""
    figures = factory.LazyFunction(dict)
    computed_at = factory.LazyFunction(timezone.now)

    class Meta:
        model = AreaStatus


class CriterionResultFactory(factory.django.DjangoModelFactory):
    status = factory.SubFactory(AreaStatusFactory)
    criterion = factory.SubFactory(CriterionFactory)
    verdict = "met"

    class Meta:
        model = CriterionResult
