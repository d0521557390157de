from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Verdict(TextChoices):
    MET = "met", _("Met")
    NOT_MET = "not_met", _("Not met")
    NOT_PROVEN = "not_proven", _("Not proven")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


class CriterionKind(TextChoices):
    REQUIRED = "required", _("Required")
    VETO = "veto", _("Veto")
    POINTS = "points", _("Points")


class Comparator(TextChoices):
    AT_LEAST = ">=", "≥"
    AT_MOST = "<=", "≤"
    EQUAL = "=", "="
