"""Who is entitled to which scheme in which month, and to how much: each scheme's conditions in one place.

`asks_of` tells who might ask, from the ledger; `judge` says what one gets, or raises NotEntitled with the reason.
Both work on what `Known` holds and ask the database nothing. Whether somebody is a hardship person counts on the day
the matter began: the first day of the job, the day of enrolment.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from assistance.choices import CourseKind, EnrolmentState
from city.rules import add_months
from households.choices import Channel, HardshipCategory
from subsidies.choices import Basis, Scheme
from subsidies.rates import Asked
from subsidies.rules import compute, days_within, last_day_of, last_month_paid, month_of, months
from subsidies.schemes import PLANS, allowed_together


class NotEntitled(Exception):
    """Why nothing can be paid; the message is for people."""


@dataclass(frozen=True)
class Question:
    """A claim to be drawn up: who may be on it for which months."""

    scheme: str
    employer_id: int | None
    credit_code: str
    name: str
    path_ids: tuple
    period_from: date
    period_to: date
    entered_at: datetime


@dataclass(frozen=True)
class Ask:
    """One person and month of one scheme. `line_id` of a line that exists; `first_month`: its claim's first one for
    this person."""

    scheme: str
    resident_id: int
    month: date
    occasion: str
    employer_id: int | None
    path_ids: tuple
    entered_at: datetime
    placement_id: int | None = None
    enrolment_id: int | None = None
    fee: Decimal | None = None
    line_id: int | None = None
    first_month: date | None = None


def ask_of(question, resident_id, month, occasion="", **more):
    """An ask as a new claim would hold it."""
    return Ask(
        scheme=question.scheme,
        resident_id=resident_id,
        month=month,
        occasion=occasion or occasion_of(month),
        employer_id=question.employer_id,
        path_ids=question.path_ids,
        entered_at=question.entered_at,
        **more,
    )


def occasion_of(month):
    return f"{month:%Y-%m}"


# Who might ask


def _months_in_jobs(question, known, of_job):
    """Everybody in a job that `of_job` accepts, month by month."""
    last = last_day_of(question.period_to)
    for resident_id, jobs in known.jobs.items():
        theirs = [job for job in jobs if of_job(job) and job.first_on <= last and job.last_on >= question.period_from]
        if theirs:
            for month in months(question.period_from, question.period_to):
                if any(days_within(month, job.first_on, job.last_on) for job in theirs):
                    yield ask_of(question, resident_id, month)


def _of_the_employer(question, known):
    yield from _months_in_jobs(question, known, lambda job: job.employer_id == question.employer_id)


def _of_flexible_work(question, known):
    yield from _months_in_jobs(question, known, lambda job: job.channel == Channel.FLEXIBLE)


def _introduced(question, known):
    for resident_id, job in _new_jobs(question, known):
        placed = known.placed.get(job.spell_id)
        if placed is None or not placed.introduced:
            continue
        first = _first_insured_month(known, resident_id, job, job.credit_code) or month_of(job.started_on)
        if question.period_from <= first <= question.period_to:
            yield ask_of(question, resident_id, first, f"{placed.number}/1", placement_id=placed.pk)
        needs = bool(_categories(resident_id, known, job.started_on))
        terms = known.rates.terms_for(Asked(question.scheme, question.path_ids, first, hardship=needs))
        if terms and terms.second_half_after:
            second = add_months(first, terms.second_half_after - 1)
            if question.period_from <= second <= question.period_to:
                yield ask_of(question, resident_id, second, f"{placed.number}/2", placement_id=placed.pk)


def _created(question, known):
    for resident_id, job in _new_jobs(question, known):
        if job.employer_id != question.employer_id:
            continue
        month = _first_insured_month(known, resident_id, job, job.credit_code) or month_of(job.started_on)
        if question.period_from <= month <= question.period_to:
            yield ask_of(question, resident_id, month, question.credit_code)


def _new_jobs(question, known):
    """The jobs begun not long before the period, each once."""
    earliest = add_months(question.period_from, -12)
    for resident_id, jobs in known.jobs.items():
        for job in {job.spell_id: job for job in jobs}.values():
            if earliest <= job.started_on <= last_day_of(question.period_to):
                yield resident_id, job


def _first_insured_month(known, resident_id, job, credit_code):
    started = month_of(job.started_on)
    insured = (add_months(started, later) for later in range(12))
    return next((one for one in insured if credit_code in known.insured.get((resident_id, one), ())), None)


def _certified(question, known, fits=lambda course: True, occasion=lambda course: course.number):
    for resident_id, courses in known.courses.items():
        for course in courses:
            if course.certified_on is None or not fits(course):
                continue
            month = month_of(course.certified_on)
            if question.period_from <= month <= question.period_to:
                yield ask_of(question, resident_id, month, occasion(course), enrolment_id=course.pk)


def _trained(question, known):
    yield from _certified(question, known, lambda course: course.provider == question.name)


def _appraised(question, known):
    yield from _certified(question, known, lambda course: course.certificate, lambda course: "once")


def _studied(question, known):
    yield from _certified(question, known, lambda course: course.kind == CourseKind.CHILDREN)


def _travelled(question, known):
    for (resident_id, month), enrolments in sorted(known.days.items()):
        if question.period_from <= month <= question.period_to:
            yield ask_of(question, resident_id, month, enrolment_id=min(enrolments))


# What one gets


def _job_in_month(ask, known, fits):
    """The job of the month by the ledger; it must have lasted the days a month needs."""
    theirs = [
        job
        for job in known.jobs.get(ask.resident_id, ())
        if fits(job) and days_within(ask.month, job.first_on, job.last_on)
    ]
    if not theirs:
        raise NotEntitled(_("By the ledger not in this work in this month."))
    days = sum(days_within(ask.month, job.first_on, job.last_on) for job in theirs)
    least = known.setting("subsidy_month_min_days", ask)
    if days < least:
        raise NotEntitled(
            _("%(days)d days at work in this month: it counts from %(least)d on.") % {"days": days, "least": least}
        )
    return theirs[-1], days


def _at_the_employer(ask):
    return lambda job: job.employer_id == ask.employer_id


def _job_of_placement(ask, known):
    """The job a placement opened, in the ask's month."""

    def fits(job):
        placed = known.placed.get(job.spell_id)
        return placed is not None and placed.pk == ask.placement_id

    jobs = [job for job in known.jobs.get(ask.resident_id, ()) if fits(job)]
    if not any(days_within(ask.month, job.first_on, job.last_on) for job in jobs):
        raise NotEntitled(_("By the ledger not in this work in this month."))
    return jobs[-1]


def _categories(resident_id, known, day):
    """The hardship categories in force on the day."""
    return [
        category
        for category, first, last in known.certified.get(resident_id, ())
        if first <= day and (last is None or day <= last)
    ]


def _certified_person(ask, known, day):
    categories = _categories(ask.resident_id, known, day)
    if not categories:
        raise NotEntitled(_("Not certified as a hardship person on %(day)s, when it began.") % {"day": day})
    return categories


def _contract(ask, job):
    """The months of the contract; a scheme that asks for some is refused without them."""
    least = PLANS[ask.scheme].contract_months
    if least and not job.contract_months:
        raise NotEntitled(_("The ledger does not tell for how many months the contract runs."))
    if least and job.contract_months < least:
        raise NotEntitled(
            _("A contract of %(months)d months: at least %(least)d are needed.")
            % {"months": job.contract_months, "least": least}
        )
    return job.contract_months or 0


def _terms(ask, known, contract_months=0, categories=()):
    terms = known.rates.terms_for(
        Asked(ask.scheme, ask.path_ids, ask.month, contract_months, hardship=bool(categories))
    )
    if terms is None:
        raise NotEntitled(_("No signed rate holds here in this month."))
    return terms


def _insured_base(ask, known, credit_code):
    bases = known.insured.get((ask.resident_id, ask.month), {})
    if credit_code not in bases:
        raise NotEntitled(_("No contribution of this payer was counted for this month."))
    return bases[credit_code]


def _contribution_base(ask, known, credit_code):
    base = _insured_base(ask, known, credit_code)
    if not base:
        raise NotEntitled(_("The contribution base of this month is not known."))
    return base


def _wage_or_person(ask, known, terms):
    if terms.basis != Basis.MINIMUM_WAGE:
        return 1
    wage = known.wages.of(ask.path_ids, ask.month)
    if wage is None:
        raise NotEntitled(_("No minimum wage is known here for this month."))
    return wage


def _term_facts(ask, known, retires_on, most):
    """Where the month stands in the longest time a person is paid; raises NotEntitled when that is over.

    Frozen is what was approved before the claim was entered, so that approving a claim does not change it; refused is
    what is over by anything approved until now.
    """
    approved = known.approved.get(ask.resident_id, ())
    before = [(at, month) for at, month in approved if at < ask.entered_at]
    first = min([ask.first_month or ask.month, ask.month, *(month for _at, month in before)])
    judged_on = min([localdate(ask.entered_at), *(localdate(at) for at, _month in before)])
    years = known.setting("near_retirement_years", ask)
    ends = last_month_paid(first, judged_on, retires_on, most, years)
    earliest = min([first, *(month for _at, month in approved)])
    if ask.month > min(ends, last_month_paid(earliest, judged_on, retires_on, most, years)):
        raise NotEntitled(_("Paid for at most until %(month)s.") % {"month": occasion_of(ends)})
    return {
        "first_month": occasion_of(first),
        "last_month": occasion_of(ends),
        "month_number": (ask.month.year - first.year) * 12 + ask.month.month - first.month + 1,
        "most_months": most,
        "counted_on": judged_on.isoformat(),
    }


def _job_facts(ask, job, categories, **more):
    return {
        "employer": job.credit_code or "",
        "job_from": job.started_on.isoformat(),
        "contract_months": job.contract_months,
        "hardship": categories,
        "household": job.household_id,
        **more,
    }


def _post(ask, known):
    job, days = _job_in_month(ask, known, _at_the_employer(ask))
    categories = _certified_person(ask, known, job.started_on)
    terms = _terms(ask, known, _contract(ask, job), categories)
    term = _term_facts(ask, known, job.retires_on, known.setting("subsidy_max_months", ask))
    return compute(
        terms, _wage_or_person(ask, known, terms), facts=_job_facts(ask, job, categories, days=days, **term)
    )


def _insurance(ask, known):
    job, days = _job_in_month(ask, known, _at_the_employer(ask))
    categories = _certified_person(ask, known, job.started_on)
    base = _contribution_base(ask, known, job.credit_code)
    terms = _terms(ask, known, _contract(ask, job), categories)
    term = _term_facts(ask, known, job.retires_on, known.setting("subsidy_max_months", ask))
    facts = _job_facts(ask, job, categories, days=days, base=str(base), **term)
    return compute(terms, base, facts=facts)


def _flexible(ask, known):
    job, days = _job_in_month(ask, known, lambda job: job.channel == Channel.FLEXIBLE)
    categories = _certified_person(ask, known, job.started_on)
    base = _contribution_base(ask, known, "")
    only_graduate = categories == [HardshipCategory.GRADUATE]
    most = known.setting("graduate_flexible_months" if only_graduate else "subsidy_max_months", ask)
    facts = _job_facts(
        ask, job, categories, days=days, base=str(base), **_term_facts(ask, known, job.retires_on, most)
    )
    return compute(_terms(ask, known, 0, categories), base, facts=facts)


def _introduction(ask, known):
    job = _job_of_placement(ask, known)
    if not job.credit_code:
        raise NotEntitled(_("The employer's credit code is not on record."))
    _insured_base(ask, known, job.credit_code)
    categories = _categories(ask.resident_id, known, job.started_on)
    placed = known.placed[job.spell_id]
    first = _first_insured_month(known, ask.resident_id, job, job.credit_code)
    if first is None or any(
        job.credit_code not in known.insured.get((ask.resident_id, one), ()) for one in months(first, ask.month)
    ):
        raise NotEntitled(_("Not insured there in every month since the first."))
    # Both halves are of one amount: what the rate of the first month gives, whatever holds by the second.
    terms = _terms(replace(ask, month=first), known, 0, categories)
    if ask.occasion == f"{placed.number}/2" and not _is_second_half_due(ask.month, first, terms.second_half_after):
        raise NotEntitled(_("The second half is not due yet."))
    facts = _job_facts(ask, job, categories, placement=placed.number, insured_from=occasion_of(first))
    return compute(terms, 1, part=Fraction(1, 2) if terms.second_half_after else Fraction(1), facts=facts)


def _is_second_half_due(month, first, after):
    return after is not None and month >= add_months(first, after - 1)


def _post_creation(ask, known):
    job, days = _job_in_month(ask, known, _at_the_employer(ask))
    contract = _contract(ask, job)
    _insured_base(ask, known, job.credit_code)
    categories = _categories(ask.resident_id, known, job.started_on)
    eve = job.started_on - timedelta(days=1)
    if not categories and not any(first <= eve <= last for first, last in known.registered.get(ask.resident_id, ())):
        raise NotEntitled(_("Neither a hardship person nor registered as unemployed before this job."))
    facts = _job_facts(ask, job, categories, days=days)
    return compute(_terms(ask, known, contract, categories), 1, facts=facts)


def _post_purchase(ask, known):
    job, days = _job_in_month(ask, known, _at_the_employer(ask))
    placed = known.placed.get(job.spell_id)
    if placed is None or not placed.on_post:
        raise NotEntitled(_("Not placed on a public-welfare post of this employer."))
    categories = _categories(ask.resident_id, known, job.started_on)
    terms = _terms(ask, known, job.contract_months or 0, categories)
    facts = _job_facts(ask, job, categories, days=days, placement=placed.number)
    return compute(terms, _wage_or_person(ask, known, terms), facts=facts)


def _course_of(ask, known):
    course = next((one for one in known.courses.get(ask.resident_id, ()) if one.pk == ask.enrolment_id), None)
    if course is None:
        raise NotEntitled(_("Not enrolled in the course."))
    return course


def _with_certificate(ask, known):
    course = _course_of(ask, known)
    if course.state != EnrolmentState.CERTIFIED or course.certified_on is None:
        raise NotEntitled(_("No certificate of the course."))
    if month_of(course.certified_on) != ask.month:
        raise NotEntitled(_("The certificate is of another month."))
    return course


def _course_facts(course, categories, **more):
    return {"course": course.number, "certificate": course.certificate, "hardship": categories, **more}


def _training(ask, known):
    course = _with_certificate(ask, known)
    categories = _categories(ask.resident_id, known, course.enrolled_on)
    return compute(_terms(ask, known, 0, categories), 1, facts=_course_facts(course, categories))


def _paid_fee(ask, known):
    """A share of the fee the person paid; until it is told, nothing."""
    course = _with_certificate(ask, known)
    categories = _categories(ask.resident_id, known, course.enrolled_on)
    terms = _terms(ask, known, 0, categories)
    fee = ask.fee if ask.fee is not None else Decimal("0.00")
    value = fee if terms.basis == Basis.FEE else 1
    return compute(terms, value, facts=_course_facts(course, categories, fee=str(fee)))


def _transport(ask, known):
    attended = known.days.get((ask.resident_id, ask.month), {})
    days = len(set().union(*attended.values()))
    if not days:
        raise NotEntitled(_("No attendance in this month, or the course was left."))
    course = _course_of(ask, known)
    categories = _categories(ask.resident_id, known, course.enrolled_on)
    return compute(_terms(ask, known, 0, categories), days, facts=_course_facts(course, categories, days=days))


@dataclass(frozen=True)
class _Ways:
    asks: Callable
    judge: Callable


_WAYS = {
    Scheme.POST: _Ways(_of_the_employer, _post),
    Scheme.INSURANCE: _Ways(_of_the_employer, _insurance),
    Scheme.FLEXIBLE: _Ways(_of_flexible_work, _flexible),
    Scheme.INTRODUCTION: _Ways(_introduced, _introduction),
    Scheme.TRAINING: _Ways(_trained, _training),
    Scheme.APPRAISAL: _Ways(_appraised, _paid_fee),
    Scheme.TRANSPORT: _Ways(_travelled, _transport),
    Scheme.TUITION: _Ways(_studied, _paid_fee),
    Scheme.POST_CREATION: _Ways(_created, _post_creation),
    Scheme.POST_PURCHASE: _Ways(_of_the_employer, _post_purchase),
}


def asks_of(question, known):
    """Everybody the claim could be for, by person and month."""
    return sorted(_WAYS[question.scheme].asks(question, known), key=lambda ask: (ask.resident_id, ask.month))


def judge(ask, known):
    """What is paid, as `Computed`, or raises NotEntitled."""
    _check_claimed(ask, known)
    return _WAYS[ask.scheme].judge(ask, known)


def _check_claimed(ask, known):
    """Never twice, and nothing beside a scheme that excludes it; of two live lines the earlier one stands."""
    matrix = known.setting("stacking_allowed", ask)
    for other in known.claimed.get(ask.resident_id, ()):
        if ask.line_id is not None and other.line_id >= ask.line_id:
            continue
        if other.scheme == ask.scheme:
            if other.month == ask.month or other.occasion == ask.occasion:
                raise NotEntitled(_("Claimed already: %(claim)s.") % {"claim": other.claim})
        elif other.month == ask.month and not allowed_together(matrix, ask.scheme, other.scheme):
            raise NotEntitled(
                _("Not together with %(scheme)s (%(claim)s).")
                % {"scheme": Scheme(other.scheme).label, "claim": other.claim}
            )
