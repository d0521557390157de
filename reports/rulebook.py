"""A rule set's criteria as sentences people read."""

from dataclasses import dataclass

from reports.board import criterion_label
from reports.choices import CriterionKind
from reports.indicators import INDICATORS
from reports.templatetags.figures import threshold


@dataclass
class Sentence:
    """One criterion: what is asked, how it is defined, what limit holds."""

    criterion: object
    label: str
    help: str
    threshold: str

    @property
    def is_veto(self):
        return self.criterion.kind == CriterionKind.VETO


def criteria_in_words(ruleset):
    sentences = []
    for criterion in ruleset.criteria.all():
        indicator = INDICATORS.get(criterion.indicator)
        is_ratio = indicator is None or indicator.is_ratio
        limit = threshold(criterion.threshold, is_ratio) if criterion.threshold else ""
        sentences.append(Sentence(criterion, criterion_label(criterion), indicator.help if indicator else "", limit))
    return sentences
