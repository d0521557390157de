"""Jobs for a person, the fitting ones first, each with its reasons in words. Ranked by the database, nine queries."""

import re
from dataclasses import dataclass, field

from django.db.models import Case, Count, F, IntegerField, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from assistance.choices import EnrolmentState
from assistance.models import Enrolment
from city.models import Area
from households.choices import WorkWish
from households.models import FourClear
from placements.allocation import hours_fit
from placements.choices import Hours, PostCategory, Priority
from placements.eligibility import standings
from placements.models import JobSeeker, Offer, Post, Vacancy
from placements.models.posts import FULL_TIME_HOURS
from placements.rules import rank_of

MOST = 20
#: Points; who comes first for posts gets a little more for each step in the order.
_NEAR = (30, 20, 10)
_WISH, _SKILL, _WAGE, _HOURS, _RANK = 16, 12, 6, 5, 2
_HOURS_OF = {WorkWish.FULL_TIME: Hours.FULL_TIME, WorkWish.PART_TIME: Hours.PART_TIME}
_BETWEEN_WORDS = re.compile(r"[\s、,，;；/|。]+")
_MOST_WORDS = 8


@dataclass(frozen=True)
class Reason:
    """`speaks_for` False: it speaks against, and is told all the same."""

    words: str
    speaks_for: bool = True


@dataclass
class Wishes:
    """What is known of what a person wants and can do."""

    near: Area
    own_community: bool = True
    category: str = ""
    work: list = field(default_factory=list)
    skills: list = field(default_factory=list)
    wage: object = None
    hours: str = Hours.ANY.value


@dataclass
class Suggestion:
    """`thing` is a post or a vacancy."""

    thing: Post | Vacancy
    points: int
    reasons: list

    @property
    def is_post(self):
        return isinstance(self.thing, Post)


@dataclass
class Suggestions:
    """`refusals`: why no public-welfare post may be held now."""

    found: list
    wishes: Wishes
    priority: str = ""
    refusals: list = field(default_factory=list)


def suggest(resident, posting, day):
    """For a resident with a community. What was put before them already is left out."""
    standing = standings({resident.pk}, day).get(resident.pk)
    wishes = wishes_of(resident, day)
    refusals = standing.refusals if standing else [_("This person lives in no community of the city.")]
    found = _vacancies(resident, wishes, posting, day)
    if not refusals:
        found = [*_posts(resident, wishes, standing, posting), *found]
    found.sort(key=lambda one: -one.points)
    return Suggestions(found[:MOST], wishes, standing.priority if standing else "", refusals)


def wishes_of(resident, day):
    """The registration as a job seeker counts first, then what visits found out and courses taught."""
    search = JobSeeker.objects.in_force_on(day).filter(resident=resident).select_related("area").first()
    told = FourClear.objects.filter(resident=resident, noted_on__lte=day).order_by("noted_on").last()
    taught = Enrolment.objects.filter(resident=resident, state=EnrolmentState.CERTIFIED).exclude(course__trade="")
    trades = list(taught.values_list("course__trade", flat=True))
    area = search.area if search else None
    return Wishes(
        near=area or resident.community,
        own_community=area is None,
        category=search.post_category if search else "",
        work=_words(search and search.occupation, told and told.wished_work),
        skills=_words(search and search.skills, told and told.skills, *trades),
        wage=search.wage_wished if search else None,
        hours=search.hours if search else _HOURS_OF.get(told.work_wish if told else "", Hours.ANY),
    )


def _words(*texts):
    """Single words, as often as they are told; a word of one letter would be found everywhere."""
    words = (word for text in texts for word in _BETWEEN_WORDS.split(text or ""))
    return list(dict.fromkeys(word for word in words if len(word) > 1))[:_MOST_WORDS]


def _mentions(words, *fields):
    """A condition: one of the words stands in one of the fields."""
    told = Q(pk=None)
    for word in words:
        for name in fields:
            told |= Q(**{f"{name}__icontains": word})
    return told


def _when(condition, points):
    return Case(When(condition, then=Value(points)), default=Value(0), output_field=IntegerField())


def _near(area, path="area__path"):
    """Points for the area itself, its superior, the one above that."""
    above = area.path.rstrip("/").split("/")
    places = ["/".join(above[: len(above) - up]) + "/" for up in range(len(_NEAR)) if len(above) - up > 2]
    return Case(
        *[
            When(**{f"{path}__startswith": place}, then=Value(points))
            for place, points in zip(places, _NEAR, strict=False)
        ],
        default=Value(0),
        output_field=IntegerField(),
    )


def _posts(resident, wishes, standing, posting):
    """Of places alike in one community the first, with the number of `places`."""
    kept = Post.objects.visible_to(posting).open()
    if not standing.landless:
        kept = kept.exclude(plan__landless_only=True)
    named = ("plan__title", "plan__place")
    wished = _mentions(wishes.work, *named)
    if wishes.category:
        wished |= Q(plan__category=wishes.category)
    if standing.landless:
        wished |= Q(plan__landless_only=True)
    points = _near(wishes.near) + _when(wished, _WISH) + _when(_mentions(wishes.skills, *named), _SKILL)
    if wishes.wage:
        points += _when(Q(plan__monthly_wage__gte=wishes.wage), _WAGE)
    if wishes.hours in (Hours.FULL_TIME, Hours.PART_TIME):
        full = Q(plan__weekly_hours=FULL_TIME_HOURS)
        points += _when(full if wishes.hours == Hours.FULL_TIME else ~full, _HOURS)
    kept = kept.exclude(plan__in=_offered(resident, "post__plan"))
    first = kept.order_by().values("plan", "area").annotate(first=Min("pk")).values("first")
    alike = Post.objects.open().filter(plan=OuterRef("plan"), area=OuterRef("area")).order_by()
    alike = alike.values("plan").annotate(number=Count("pk")).values("number")
    kept = Post.objects.filter(pk__in=first).annotate(points=points, places=Subquery(alike))
    rows = kept.select_related("plan__employer", "area__parent").order_by("-points", "opened_on", "pk")[:MOST]
    more = _RANK * (len(Priority) - rank_of(standing.priority))
    return [Suggestion(row, row.points + more, _why_post(row, wishes, standing)) for row in rows]


def _vacancies(resident, wishes, posting, day):
    named = ("title", "occupation")
    asked = (*named, "skills", "requirements")
    points = _near(wishes.near) + _when(_mentions(wishes.work, *named), _WISH)
    points += _when(_mentions(wishes.skills, *asked), _SKILL)
    if wishes.wage:
        points += _when(Q(most__gte=wishes.wage), _WAGE)
    if wishes.hours in (Hours.FULL_TIME, Hours.PART_TIME):
        points += _when(Q(hours__in=(wishes.hours, Hours.ANY)), _HOURS)
    kept = Vacancy.objects.visible_to(posting).open_on(day).exclude(pk__in=_offered(resident, "vacancy"))
    kept = kept.annotate(most=Coalesce(F("wage_to"), F("wage_from"))).annotate(points=points)
    rows = kept.select_related("employer", "area__parent").order_by("-points", "valid_until", "pk")[:MOST]
    return [Suggestion(row, row.points, _why_vacancy(row, wishes)) for row in rows]


def _offered(resident, name):
    offers = Offer.objects.filter(referral__resident=resident, **{f"{name}__isnull": False})
    return offers.values(name)


def _why_post(post, wishes, standing):
    plan = post.plan
    full_time = plan.weekly_hours == FULL_TIME_HOURS
    reasons = [_distance(post.area, wishes), *_fit(wishes, plan.monthly_wage, hours_fit(wishes.hours, full_time))]
    if wishes.category == plan.category:
        wish = _("Wished for: %(work)s") % {"work": PostCategory(plan.category).label}
        reasons.insert(1, Reason(wish))
    reasons += _told(wishes.work, _("Wished for: %(work)s"), plan.title, plan.place)
    reasons += _told(wishes.skills, _("Skill: %(work)s"), plan.title, plan.place)
    if plan.landless_only:
        reasons.append(Reason(_("Kept for landless farmers")))
    reasons.append(Reason(_("Comes first as: %(priority)s") % {"priority": Priority(standing.priority).label}))
    return reasons


def _why_vacancy(vacancy, wishes):
    fits = wishes.hours == Hours.ANY or vacancy.hours in (wishes.hours, Hours.ANY)
    reasons = [_distance(vacancy.area, wishes), *_fit(wishes, vacancy.most, fits)]
    named = (vacancy.title, vacancy.occupation)
    reasons += _told(wishes.work, _("Wished for: %(work)s"), *named)
    reasons += _told(wishes.skills, _("Skill: %(work)s"), *named, vacancy.skills, vacancy.requirements)
    return reasons


def _told(words, sentence, *texts):
    """One reason that names the words found."""
    found = [word for word in words if any(word.casefold() in (text or "").casefold() for text in texts)]
    return [Reason(sentence % {"work": "、".join(found)})] if found else []


def _fit(wishes, wage, hours_are_right):
    if wishes.wage:
        enough = wage >= wishes.wage
        told = _("Pays the wage wished for") if enough else _("Pays less than the %(wage)s yuan wished for")
        yield Reason(told % {"wage": f"{wishes.wage:g}"}, enough)
    if wishes.hours in (Hours.FULL_TIME, Hours.PART_TIME):
        told = _("Hours as wished") if hours_are_right else _("Other hours than wished")
        yield Reason(told, hours_are_right)


def _distance(area, wishes):
    near = wishes.near
    if area.path.startswith(near.path):
        own = _("In the own community") if wishes.own_community else _("In %(area)s, as wished")
        return Reason(own % {"area": near.name})
    shared = set(area.path_ids) & set(near.path_ids)
    street, district = near.path_ids[2:3], near.path_ids[1:2]
    if shared.issuperset(street) and street:
        return Reason(_("In the same street"))
    if shared.issuperset(district) and district:
        return Reason(_("In the same district"))
    return Reason(_("In another district"), speaks_for=False)
