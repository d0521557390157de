from reports.models.rulesets import Criterion, ManualJudgement, RuleSet
from reports.models.status import AreaStatus, Chart, CriterionResult, Dashboard

__all__ = ["AreaStatus", "Chart", "Criterion", "CriterionResult", "Dashboard", "ManualJudgement", "RuleSet"]
