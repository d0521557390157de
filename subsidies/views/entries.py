"""What is still told of a draft on its page: accounts, papers, fees, who comes off."""

from dataclasses import dataclass

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from subsidies.forms.claims import AccountForm, FeesForm, PaperForm, TakeOffForm
from subsidies.schemes import PLANS


@dataclass(frozen=True)
class Entry:
    """One form of the draft's page. `open`: it is what is missing."""

    name: str
    title: str
    button: str
    address: str
    form: forms.Form
    open: bool = False


def entries_of(claim, overview, sent):
    """`sent`: {name: the form as it was sent}."""
    unpaid = any(person.account is None for person in overview.persons)
    made = []
    if PLANS[claim.scheme].fee:
        form = sent.get("fees") or FeesForm(claim=claim, auto_id="fees_%s")
        made.append(("fees", _("Fees paid"), _("Compute with these fees"), form, not overview.computed))
    account = sent.get("account") or AccountForm(claim=claim, auto_id="account_%s")
    made.append(("account", _("Bank account"), _("Use this account"), account, unpaid))
    paper = sent.get("paper") or PaperForm(claim=claim, auto_id="paper_%s")
    made.append(("paper", _("Attach a paper"), _("Attach"), paper, False))
    off = sent.get("off") or TakeOffForm(claim=claim, auto_id="off_%s")
    made.append(("off", _("Take somebody off the claim"), _("Take off"), off, False))
    names = {"fees": "add_fees", "account": "set_account", "paper": "attach", "off": "take_off"}
    return [
        Entry(name, title, button, reverse(f"subsidies:{names[name]}", args=[claim.pk]), form, needed)
        for name, title, button, form, needed in made
    ]
