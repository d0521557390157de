"""Rule sets from TOML: read, checked whole, stored as dated rows with the parameters they set."""

import hashlib
import tomllib
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city.choices import AreaLevel
from city.models import Parameter, PolicyDocument
from city.parameters import PARAMETERS
from reports.choices import Comparator, CriterionKind
from reports.indicators import AREA_INDICATORS, INDICATORS
from reports.models import Criterion, RuleSet
from reports.terms import STATUS_LEVELS, Overlay

PRESETS = Path(__file__).resolve().parent.parent / "policies"

_RULESET_KEYS = {
    "key",
    "title",
    "document",
    "level",
    "in_force_from",
    "assessment_year_starts",
    "evidence_months",
    "pass_mark",
    "elimination_deadline",
}
_CRITERION_KEYS = {"indicator", "manual", "label", "comparator", "threshold", "kind", "points"}
_DEADLINE_UNITS = {"months", "days", "working_days"}
_TEXTS = {"key": 60, "title": 120, "document": 60, "level": 10}
_MOST = 1200


class PolicyError(ValueError):
    """The file is no rule set; `problems` lists everything wrong with it, at once."""

    def __init__(self, problems):
        self.problems = problems
        super().__init__(" ".join(problems))


def presets():
    """`{name: title}` of the rule sets shipped with the software."""
    return {path.stem: _parsed(path.read_text("utf-8"))["ruleset"]["title"] for path in sorted(PRESETS.glob("*.toml"))}


def source_of(name_or_file):
    """The text of a shipped preset, by its name, or of a file."""
    preset = PRESETS / f"{name_or_file}.toml"
    path = preset if preset.is_file() else Path(name_or_file)
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise PolicyError([_("There is no rule set or readable file “%(name)s”.") % {"name": name_or_file}]) from None


def _parsed(text):
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError([_("The file is not valid TOML: %(error)s") % {"error": error}]) from None


def _ruleset_problems(head):
    for key in sorted(set(head) - _RULESET_KEYS):
        yield _("[ruleset] has an unknown key “%(key)s”.") % {"key": key}
    for key, longest in _TEXTS.items():
        if not head.get(key):
            yield _("[ruleset] lacks “%(key)s”.") % {"key": key}
        else:
            yield from _text_problems(head, key, longest)
    if head.get("level") and head["level"] not in STATUS_LEVELS:
        yield _("The level must be one of %(levels)s.") % {"levels": ", ".join(STATUS_LEVELS)}
    if type(head.get("in_force_from")) is not date:
        yield _("in_force_from must be a date such as 2008-01-01.")
    for key, (is_good, message) in _CHOICES.items():
        if key in head and not is_good(head[key]):
            yield message % {"key": key}


def _text_problems(table, key, longest):
    if not isinstance(table[key], str) or len(table[key]) > longest:
        yield _("“%(key)s” must be text of at most %(longest)s characters.") % {"key": key, "longest": longest}


def _is_number(value, least):
    """A whole number the database and the calendar can hold."""
    return type(value) is int and least <= value <= _MOST


def _parameter_problems(parameters):
    for name, value in sorted(parameters.items()):
        if name not in PARAMETERS:
            yield _("[parameters] has an unknown parameter “%(name)s”.") % {"name": name}
        elif not _PARAMETER_CHECKS.get(name, _is_count)(value):
            yield _("[parameters] has no good value for “%(name)s”.") % {"name": name}


def _is_count(value):
    return _is_number(value, 1)


def _is_month_day(text):
    try:
        month, day = (int(part) for part in text.split("-"))
        date(2001, month, day)
    except (ValueError, AttributeError):
        return False
    return True


def _is_deadline(rule):
    if not isinstance(rule, dict) or len(rule) != 1:
        return False
    unit, amount = next(iter(rule.items()))
    if unit in ("quarter_end", "month_end"):
        return amount is True
    return unit in _DEADLINE_UNITS and _is_count(amount)


_WHOLE_NUMBER = (lambda value: _is_number(value, 0), gettext_lazy("“%(key)s” must be a whole number."))
_CHOICES = {
    "evidence_months": _WHOLE_NUMBER,
    "pass_mark": _WHOLE_NUMBER,
    "assessment_year_starts": (
        _is_month_day,
        gettext_lazy("assessment_year_starts must be a month and day such as 11-01."),
    ),
    "elimination_deadline": (
        _is_deadline,
        gettext_lazy("elimination_deadline must be quarter_end, month_end, months, days or working_days."),
    ),
}
_PARAMETER_CHECKS = {"assessment_year_starts": _is_month_day, "elimination_deadline": _is_deadline}


def _is_decimal(text):
    try:
        return Decimal(str(text)).is_finite() and len(str(text)) <= 20
    except InvalidOperation:
        return False


def _criterion_problems(place, criterion, level):
    where = _("Criterion %(place)s: ") % {"place": place}
    if not isinstance(criterion, dict):
        yield where + _("write it as a table, [[criterion]].")
        return
    for problem in (*_kind_problems(criterion), *_question_problems(criterion, level)):
        yield where + problem


def _kind_problems(criterion):
    for key in sorted(set(criterion) - _CRITERION_KEYS):
        yield _("unknown key “%(key)s”.") % {"key": key}
    if criterion.get("kind") not in CriterionKind.values:
        yield _("kind must be required, veto or points.")
    if (criterion.get("kind") == CriterionKind.POINTS) != ("points" in criterion):
        yield _("points belong to the kind “points”, and only there.")
    elif "points" in criterion and not _is_number(criterion["points"], 0):
        yield _("“%(key)s” must be a whole number.") % {"key": "points"}
    if "label" in criterion:
        yield from _text_problems(criterion, "label", 200)


def _question_problems(criterion, level):
    if ("indicator" in criterion) == ("manual" in criterion):
        yield _("give either an indicator or a name judged by hand (manual).")
    elif "manual" in criterion:
        yield from _text_problems(criterion, "manual", 60)
        if {"comparator", "threshold"} & set(criterion):
            yield _("what is judged by hand has no comparator and no threshold.")
    else:
        known = set(INDICATORS) | (set(AREA_INDICATORS) if level != AreaLevel.COMMUNITY else set())
        if str(criterion["indicator"]) not in known:
            yield _("unknown indicator “%(key)s”.") % {"key": criterion["indicator"]}
        if criterion.get("comparator") not in Comparator.values:
            yield _("the comparator must be >=, <= or =.")
        if not _is_decimal(criterion.get("threshold")):
            yield _('the threshold must be a number such as "0.96".')


def parse(text, area, in_force_from=None):
    """An unsaved rule set with its criteria, as an `Overlay`; raises PolicyError with every problem."""
    content = _parsed(text)
    head, criteria, parameters = (content.get(key) for key in ("ruleset", "criterion", "parameters"))
    if not isinstance(head, dict):
        raise PolicyError([_("The file has no [ruleset] table.")])
    problems = list(_ruleset_problems(head))
    if not criteria or not isinstance(criteria, list):
        problems.append(_("The rule set has no criterion: write each under [[criterion]]."))
        criteria = []
    for place, criterion in enumerate(criteria, 1):
        problems += _criterion_problems(place, criterion, head.get("level"))
    parameters = parameters if isinstance(parameters, dict) else {}
    problems += _parameter_problems(parameters)
    if problems:
        raise PolicyError(problems)
    if head["level"] == AreaLevel.COMMUNITY:
        # The period and deadline of every figure are those of the community's own rule set, at every level.
        parameters = {"assessment_year_starts": head.get("assessment_year_starts", "01-01")} | parameters
        if "elimination_deadline" in head:
            parameters = {"elimination_deadline": head["elimination_deadline"]} | parameters
    ruleset = RuleSet(
        key=head["key"],
        title=head["title"],
        document=PolicyDocument(number=head["document"], title=head["title"]),
        level=head["level"],
        area=area,
        in_force_from=in_force_from or head["in_force_from"],
        evidence_months=head.get("evidence_months"),
        pass_mark=head.get("pass_mark"),
        parameters=parameters,
        source=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )
    return Overlay(ruleset, [_criterion(place, row) for place, row in enumerate(criteria, 1)])


def _criterion(place, row):
    return Criterion(
        position=place,
        indicator=row.get("indicator", ""),
        manual=row.get("manual", ""),
        label=row.get("label", ""),
        comparator=row.get("comparator", ""),
        threshold=str(row["threshold"]) if "indicator" in row else "",
        kind=row["kind"],
        points=row.get("points"),
    )


@transaction.atomic
def load(text, area, in_force_from=None):
    """Store a rule set for the area, under `acting()`; the same text from the same day again is the one there.

    Of several from the same day the last one loaded holds, so an earlier text loaded again takes over.
    """
    parsed = parse(text, area, in_force_from)
    ruleset = parsed.ruleset
    same_day = RuleSet.objects.filter(area=area, level=ruleset.level, in_force_from=ruleset.in_force_from)
    latest = same_day.order_by("loaded_at", "pk").last()
    known = same_day.filter(key=ruleset.key, digest=ruleset.digest).first()
    if known and known == latest:
        return known
    if known:
        ruleset = known
        ruleset.loaded_at = timezone.now()
        ruleset.save(update_fields=["loaded_at"])
    else:
        ruleset.document, _created = PolicyDocument.objects.get_or_create(
            number=ruleset.document.number, defaults={"title": ruleset.title}
        )
        ruleset.save()
        for criterion in parsed.criteria:
            criterion.ruleset = ruleset
        Criterion.objects.bulk_create(parsed.criteria)
    for name, value in ruleset.parameters.items():
        Parameter.objects.update_or_create(
            name=name,
            area=area,
            in_force_from=ruleset.in_force_from,
            defaults={"value": value, "document": ruleset.document},
        )
    return ruleset
