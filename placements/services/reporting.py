"""A placement as it is told at the desk: the employer or the business behind it becomes known with it."""

from django.utils.translation import gettext as _

from city.choices import EmployerKind
from city.models import Employer
from city.moves import StepRefused
from city.trail import acting
from households.choices import Channel
from households.models import Resident
from placements.choices import VacancyState
from placements.models import Business, Vacancy
from placements.services import placements

_JOB = ("employer_name", "job", "contract_months", "monthly_income", "insured", "destination", "destination_place")


def report(*, resident_id, told, by, request=None):
    """`told`: channel, agreed_from, credit_code, post, vacancy, business, family, jobs_created and fields of the job.

    `post` and `vacancy` are ids; what the channel has no use for is left aside.
    """
    with acting(posting=by, reason=_("Placement reported"), request=request):
        channel = told["channel"]
        if channel == Channel.WELFARE_POST:
            values = {"contract_months": told["contract_months"], "insured": told["insured"]}
        else:
            values = {name: told[name] for name in _JOB}
            values["employer"] = employer_of(told["credit_code"], told["employer_name"], channel)
            values["vacancy"] = _vacancy(told["vacancy"], by) if channel != Channel.SELF_EMPLOYED else None
        if channel == Channel.SELF_EMPLOYED:
            values["business"] = _business(resident_id, told, by)
            values["employer_name"] = values["employer_name"] or values["business"].name
        return placements.report(
            resident_id=resident_id,
            channel=channel,
            agreed_from=told["agreed_from"],
            post_id=told["post"],
            values=values,
            by=by,
            request=request,
        )


def employer_of(code, name, channel):
    """The employer of this code, known from now on; who dispatches labour must be known as such."""
    if not code:
        return None
    kind = EmployerKind.DISPATCH if channel == Channel.DISPATCH else EmployerKind.COMPANY
    known = {"name": name or code, "kind": kind}
    employer, is_new = Employer.objects.get_or_create(credit_code=code, defaults=known)
    if channel == Channel.DISPATCH and employer.kind != EmployerKind.DISPATCH and not is_new:
        raise StepRefused(
            "credit_code",
            _("This employer is known as “%(kind)s”, not as one that dispatches labour.")
            % {"kind": employer.get_kind_display()},
        )
    return employer


def _vacancy(key, by):
    return Vacancy.objects.visible_to(by).exclude(state=VacancyState.GATHERED).filter(pk=key).first() if key else None


def _business(resident_id, told, by):
    owner = Resident.objects.visible_to(by).select_related("community").filter(pk=resident_id).first()
    if owner is None or owner.community is None:
        raise StepRefused("business", _("This person lives in no community of the city."))
    details = {"family": told["family"], "jobs_created": told["jobs_created"] or 0}
    business, is_new = Business.objects.get_or_create(
        owner=owner,
        name=told["business"],
        defaults={"area": owner.community, "opened_on": told["agreed_from"], **details},
    )
    if not is_new:
        for name, value in details.items():
            setattr(business, name, value)
        business.save(update_fields=list(details))
    return business
