from functools import lru_cache

from django import template
from django.apps import apps
from django.utils.translation import gettext_lazy as _

register = template.Library()

_REASONS = {
    "sign_in": _("Signed in"),
    "sign_out": _("Signed out"),
    "sign_in_failed": _("Failed to sign in"),
    "refused": _("Was refused"),
    "reveal": _("Opened a full number"),
    "switch_posting": _("Switched to another posting"),
    "upload": _("Uploaded a sheet"),
    "import": _("Had a sheet written"),
    "drop": _("Dropped a sheet"),
    "undo": _("Had a sheet undone"),
    "download": _("Downloaded a file"),
    "export": _("Exported"),
    "run": _("A job ended"),
    "night": _("Night"),
    "match": _("Match with other offices"),
    "findings": _("Looked for differences"),
    "doubts": _("Looked for doubts about claims"),
    "reconcile": _("Held the books of money against each other"),
    "insured_months": _("Insured months kept"),
    "judge_by_hand": _("Judged a criterion by hand"),
    "load_policy": _("Loaded a rule set"),
    "give_password": _("Was given a new password"),
    "change_password": _("Changed the own password"),
    "make_city": _("Made-up city"),
    "demo": _("Made-up city"),
    "rebuild_ledger": _("Built the ledger again"),
    "seed_calendar": _("Loaded the published calendar"),
    "reference tables": _("Changed a reference table"),
}


@register.filter
def reason_words(reason):
    """Kinds of events in words; other reasons were written for reading."""
    return _REASONS.get(reason, reason)


@lru_cache
def _tables():
    return {model._meta.db_table: model._meta.verbose_name for model in apps.get_models()}


@register.filter
def table_words(table):
    """What was written, by the name of its kind; an event by what happened."""
    return _tables().get(table) or reason_words(table)
