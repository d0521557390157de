"""Rates: proposed by one, signed by another of the city office; signed, they never change and another follows."""

from django.utils.translation import gettext as _

from city.models import PolicyDocument
from city.moves import NotAllowed, StepRefused, begin, move
from city.trail import acting
from subsidies.choices import Basis
from subsidies.models import Rate
from subsidies.schemes import PLANS
from subsidies.workflow import RATE

SET = "subsidies.set_rates"
#: Of these a rate is an amount for each.
_UNITS = (Basis.DAYS, Basis.PERSON)
_SHORTEST_HALF = 2


def propose(*, values, document_number, by, document_title="", request=None):
    """A rate to be signed; `values` are the fields of `Rate` but for the document, which is found by its number."""
    if not by.may(SET) or not values["area"].path.startswith(by.area.path):
        raise NotAllowed
    check(Rate(**values))
    with acting(posting=by, reason=_("Rate proposed"), request=request):
        document, _made = PolicyDocument.objects.get_or_create(
            number=document_number, defaults={"title": document_title}
        )
        return begin(Rate(**values, document=document), workflow=RATE, by=by, action="propose", request=request)


def check(rate):
    """Raises StepRefused at its field when a rate does not fit its scheme, or gives nothing to reckon with."""
    plan = PLANS[rate.scheme]
    if rate.basis not in plan.bases:
        names = _(", ").join(str(one.label) for one in plan.bases)
        raise StepRefused("basis", _("This scheme is paid on another basis: %(names)s.") % {"names": names})
    if rate.contract_months < plan.contract_months:
        words = _("This scheme asks for contracts of at least %(months)d months.")
        raise StepRefused("contract_months", words % {"months": plan.contract_months})
    if bool(rate.share) == bool(rate.amount):
        raise StepRefused("amount", _("Give either a share or an amount."))
    if rate.basis in _UNITS and rate.share:
        raise StepRefused("amount", _("So many yuan a person or a day, not a share."))
    if rate.contribution and rate.basis != Basis.CONTRIBUTION:
        raise StepRefused("contribution", _("Only for what is reckoned from contributions."))
    if rate.second_half_after is not None and (not plan.halves or rate.second_half_after < _SHORTEST_HALF):
        raise StepRefused("second_half_after", _("Only for a scheme paid in halves, from two months on."))
    if rate.in_force_to and rate.in_force_to < rate.in_force_from:
        raise StepRefused("in_force_to", _("A rate cannot end before it begins."))


def decide(*, rate_id, action, version, by, words="", request=None):
    """`sign` or `refuse` a proposed rate."""
    rate = Rate.objects.visible_to(by).filter(pk=rate_id).first()
    if rate is None:
        raise NotAllowed
    with acting(posting=by, reason=_("Rate decided"), request=request):
        if action == "sign":
            _check_free(rate)
        return move(rate, action, workflow=RATE, by=by, version=version, words=words, request=request)


def _check_free(rate):
    """Another signed one of the same day, area, persons and contract would stand against it."""
    taken = Rate.objects.signed().filter(
        scheme=rate.scheme,
        area=rate.area,
        in_force_from=rate.in_force_from,
        favoured=rate.favoured,
        contract_months=rate.contract_months,
    )
    if taken.exists():
        raise StepRefused("action", _("A rate of the same day, area and persons is signed already."))
