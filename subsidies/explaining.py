"""A line in words, from its frozen basis alone: rule, base, document, and what was known of person and job."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from households.choices import HardshipCategory
from subsidies.choices import Basis

_LABELS = {
    "employer": gettext_lazy("credit code of the employer"),
    "job_from": gettext_lazy("first day of the job"),
    "contract_months": gettext_lazy("contract months"),
    "hardship": gettext_lazy("hardship category"),
    "household": gettext_lazy("household"),
    "days": gettext_lazy("days counted"),
    "base": gettext_lazy("contribution base"),
    "fee": gettext_lazy("fee paid"),
    "placement": gettext_lazy("placement"),
    "course": gettext_lazy("course"),
    "certificate": gettext_lazy("certificate"),
    "insured_from": gettext_lazy("first insured month"),
    "first_month": gettext_lazy("first month paid"),
    "last_month": gettext_lazy("last month that can be paid"),
    "month_number": gettext_lazy("number of the month"),
    "most_months": gettext_lazy("months at most"),
    "counted_on": gettext_lazy("day of the first approval"),
}
#: A share with more decimals than this is told as a fraction.
_PLACES = 4
_RATE = gettext_lazy("the rate and its document")


def changed_facts(before, now):
    """Of which facts two bases differ, named for people."""
    old, new = before.get("facts", {}), now["facts"]
    names = [str(label) for key, label in _LABELS.items() if old.get(key) != new.get(key)]
    if {**before, "facts": None} != {**now, "facts": None}:
        names.append(str(_RATE))
    return _(", ").join(names)


def explain(basis):
    """Plain sentences: how the amount comes about, on which document it stands, what was known then."""
    return [_sum(basis), _document(basis), *_known(basis.get("facts", {}))]


def _sum(basis):
    told = " × ".join(_factors(basis))
    if basis["capped"]:
        return _("%(factors)s, at most %(ceiling)s yuan: %(amount)s yuan.") % {
            "factors": told,
            "ceiling": _yuan(basis["ceiling"]),
            "amount": _yuan(basis["amount"]),
        }
    return _("%(factors)s = %(amount)s yuan.") % {"factors": told, "amount": _yuan(basis["amount"])}


def _factors(basis):
    """What is multiplied, in the order people say it."""
    if basis["share"] is None:
        units = _("%(amount)s yuan") % {"amount": _yuan(basis["unit"])}
        factors = [units] if basis["basis"] == Basis.PERSON else [units, _value(basis)]
    else:
        factors = [_value(basis)] if basis["share"] == "1" else [_value(basis), basis["share"]]
    if basis["contribution"] is not None:
        factors.insert(1, _("contribution rate %(rate)s") % {"rate": _percent(basis["contribution"])})
    if basis["part"] != "1":
        factors.append(_("1/2 (in two parts)") if basis["part"] == "1/2" else basis["part"])
    return factors


def rate_in_words(rate):
    """What a rate pays, without a person: 1/2 of the minimum wage of the month, at most 1,300.00 yuan."""
    label = Basis(rate.basis).label
    if not rate.share:
        told = (_("%(amount)s yuan a day attended") if rate.basis == Basis.DAYS else _("%(amount)s yuan a person")) % {
            "amount": _yuan(rate.amount)
        }
    elif rate.contribution:
        told = _("%(share)s of the contributions paid, at %(rate)s of their base") % {
            "share": _share(rate.share),
            "rate": _percent(rate.contribution),
        }
    else:
        told = _("%(share)s of: %(basis)s") % {"share": _share(rate.share), "basis": label}
    if rate.second_half_after:
        told = _("%(told)s, half of it after %(months)d insured months") % {
            "told": told,
            "months": rate.second_half_after,
        }
    if rate.ceiling:
        told = _("%(told)s, at most %(ceiling)s yuan") % {"told": told, "ceiling": _yuan(rate.ceiling)}
    return told


def _share(text):
    return _("all") if Fraction(text) == 1 else text


def _value(basis):
    value = basis["value"]
    if basis["basis"] == Basis.DAYS:
        return _("%(days)s days attended") % {"days": value}
    label = Basis(basis["basis"]).label
    if basis["basis"] == Basis.CONTRIBUTION:
        label = _LABELS["base"]
    return _("%(what)s %(amount)s yuan") % {"what": label, "amount": _yuan(value)}


def _document(basis):
    told = {"document": basis["document"], "day": _day(basis["in_force_from"])}
    if basis["contract_months"]:
        return _("By %(document)s, in force from %(day)s, for contracts of %(months)d months and more.") % {
            **told,
            "months": basis["contract_months"],
        }
    return _("By %(document)s, in force from %(day)s.") % told


def _known(facts):
    """The facts, each in a sentence of its own, in the order they matter."""
    if facts.get("job_from"):
        contract = facts.get("contract_months")
        told = {"day": _day(facts["job_from"]), "months": contract}
        yield (
            _("At work there since %(day)s, by a contract of %(months)d months.") % told
            if contract
            else _("In this work since %(day)s.") % told
        )
    if facts.get("hardship"):
        labels = _(", ").join(str(HardshipCategory(one).label) for one in facts["hardship"])
        yield _("Hardship person: %(categories)s.") % {"categories": labels}
    if facts.get("month_number"):
        yield _("Month %(number)d of %(most)d; the last one that can be paid is %(last)s.") % {
            "number": facts["month_number"],
            "most": facts["most_months"],
            "last": facts["last_month"],
        }
    if facts.get("placement"):
        yield _("Placement %(number)s.") % {"number": facts["placement"]}
    if facts.get("course"):
        yield _("Course %(number)s, certificate %(certificate)s.") % {
            "number": facts["course"],
            "certificate": facts.get("certificate") or _("none yet"),
        }


def _yuan(text):
    return f"{Decimal(text):,.2f}"


def _percent(text):
    """A share as people say it: 24.5%, and 1/3 where it has no end."""
    share = Fraction(text) * 100
    places = next((places for places in range(_PLACES) if (share * 10**places).denominator == 1), None)
    return text if places is None else f"{Decimal(share.numerator) / share.denominator:.{places}f}%"


def _day(text):
    return date_format(date.fromisoformat(text))
