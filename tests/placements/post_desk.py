"""A desk with a community, its offices above it, and public-welfare posts made by the real steps."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from city.choices import Role
from city.models import MinimumWage
from placements.choices import FundingLevel, PostCategory, PostField, VacancyState
from placements.models import Post, PostPlan, Vacancy
from placements.services import posts
from tests.assistance.case_desk import make_desk, make_person
from tests.city.factories import EmployerFactory, PostingFactory

VALUES = {
    "title": "保洁员",
    "category": PostCategory.CLEANING,
    "field": PostField.COMMUNITY,
    "place": "一号广场",
    "monthly_wage": Decimal("2490"),
    "weekly_hours": 40,
    "funding": FundingLevel.DISTRICT,
    "headcount": 1,
}


def make_post_desk(**person):
    desk = make_desk(**person)
    city = desk.community.parent.parent.parent
    MinimumWage.objects.create(area=city, in_force_from=date(2020, 1, 1), monthly=Decimal("2490"))
    desk.city = PostingFactory(area=city, role=Role.CITY_OFFICE)
    desk.head = PostingFactory(area=desk.community, role=Role.STATION_HEAD)
    desk.employer = EmployerFactory()
    return desk


def plan_posts(desk, **values):
    return posts.plan(area=desk.community, values=VALUES | {"employer": desk.employer} | values, by=desk.clerk)


def open_posts(desk, **values):
    """The posts of an application that was approved and opened."""
    plan = plan_posts(desk, **values)
    for action, by in (("approve", desk.district), ("open", desk.clerk)):
        version = PostPlan.objects.values_list("version", flat=True).get(pk=plan.pk)
        posts.take_plan_step(plan_id=plan.pk, action=action, version=version, by=by)
    return list(Post.objects.filter(plan=plan).order_by("number"))


def another(desk, **told):
    return make_person(desk.home, **told)


def open_vacancy(desk, **values):
    """A published vacancy that is valid for a month."""
    today = timezone.localdate()
    known = {
        "number": f"招{Vacancy.objects.count() + 1:04}",
        "area": desk.community,
        "employer": desk.employer,
        "title": "缝纫工",
        "headcount": 3,
        "wage_from": Decimal("3000"),
        "valid_from": today,
        "valid_until": today + timedelta(days=30),
        "gathered_on": today,
        "state": VacancyState.PUBLISHED,
    }
    return Vacancy.objects.create(**known | values)
