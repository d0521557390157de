"""Who comes first, for how long, and what is late: pure functions over plain values."""

from datetime import timedelta
from math import ceil

from city.rules import add_months
from placements.choices import Hours, Priority

#: A public-welfare post is held twice in a life at most (welfare_post_replacements).
MOST_TURNS = 2
_RANK = {priority: rank for rank, priority in enumerate(Priority)}


def priority_of(categories, in_zero_household):
    """The best place in the order that a person's hardship categories give (domain.md 3.2)."""
    if in_zero_household or "zero_household" in categories:
        return Priority.ZERO_HOUSEHOLD
    if "age_4050" in categories:
        return Priority.AGED
    if "disabled" in categories:
        return Priority.DISABLED
    return Priority.OTHER


def rank_of(priority):
    return _RANK[Priority(priority)]


def months_between(first, last):
    """Whole months from `first` until `last`, what is left of a month counted as one."""
    months = (last.year - first.year) * 12 + last.month - first.month
    return months if add_months(first, months) >= last else months + 1


def post_term(starts_on, retires_on, *, most_months, near_retirement_years, nears_at_first):
    """`(months, until_retirement)` of a placement on a post.

    `nears_at_first`: at the first approval under so many years were left until retirement; None: this is the first.
    """
    nears = (
        retires_on < add_months(starts_on, 12 * near_retirement_years) if nears_at_first is None else nears_at_first
    )
    left = months_between(starts_on, retires_on)
    return (max(left, 1), True) if nears else (min(most_months, max(left, 1)), False)


def last_day_of_term(started_on, months):
    return add_months(started_on, months) - timedelta(days=1)


def promised_posts(jobs_total, promised_share):
    """How many posts a project promised: a part of a post is a post."""
    return ceil(jobs_total * promised_share)


def is_reported_late(left_on, reported_on, days, today):
    """Whether an employer told of a leaving later than `days` after the last day of work, or has not told yet."""
    return (reported_on or today) > left_on + timedelta(days=days)


def needed_wage(minimum_wage, weekly_hours, full_time_hours):
    """The least monthly wage for so many hours a week, in yuan."""
    return minimum_wage * weekly_hours / full_time_hours


def pays_too_little(wage_from, hours, minimum_wage):
    """Whether a vacancy offers full-time work below the minimum wage; `minimum_wage` None: it is not known there."""
    return hours == Hours.FULL_TIME and minimum_wage is not None and wage_from < minimum_wage
