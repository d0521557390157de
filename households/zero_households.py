"""What the pages about zero-employment households ask of the ledger: found, at work again, dual, stable, overdue."""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from city.parameters import dated_all, minimum_wages
from city.rules import add_months
from households.deadlines import Deadline, Deadlines
from households.models import Declaration, Household, LedgerSpan, ZeroEmploymentEpisode
from households.rosters import members_on

#: Stands for "never, as far as the ledger knows" where days are compared.
NEVER = date(1900, 1, 1)


def detected(posting, day):
    """Households without work that nobody has certified or declared, those that lost their last job latest first.

    `last_job_on` is the last day a member worked (NEVER: none is known), `eliminated_before` the day an earlier
    episode was eliminated, or None: one that may need a new episode.
    """
    spans = LedgerSpan.objects.in_force_on(day).visible_to(posting).zero_employment(day)
    jobs = LedgerSpan.objects.working().filter(household=OuterRef("pk"), last_on__lt=day).order_by("-last_on")
    earlier = ZeroEmploymentEpisode.objects.filter(household=OuterRef("pk"), eliminated_on__lte=day)
    under_way = Declaration.objects.under_way().filter(household=OuterRef("pk"))
    return (
        Household.objects.visible_to(posting)
        .filter(~Exists(under_way), pk__in=spans.values("household"))
        .annotate(
            last_job_on=Coalesce(Subquery(jobs.values("last_on")[:1]), NEVER),
            eliminated_before=Subquery(earlier.order_by("-eliminated_on").values("eliminated_on")[:1]),
        )
    )


def may_be_eliminated(posting, day):
    """Open episodes of households in which, by the ledger, a member works: waiting for somebody to confirm it."""
    workers = LedgerSpan.objects.in_force_on(day).working().filter(household=OuterRef("household"))
    return ZeroEmploymentEpisode.objects.open_on(day).visible_to(posting).filter(Exists(workers))


def workers_of(household_ids, day):
    """`{household_id: [span]}` of the members who work on the day, each with its spell as evidence: one query."""
    found = {}
    spans = LedgerSpan.objects.in_force_on(day).working().filter(household__in=household_ids)
    for span in spans.select_related("resident", "spell__employer").order_by("state_since", "pk"):
        found.setdefault(span.household_id, []).append(span)
    return found


def without_work_of(household_ids, day):
    """`{household_id: [span]}` of the unemployed members in the labour force: one query."""
    found = {}
    spans = LedgerSpan.objects.in_force_on(day).unemployed_on(day).filter(household__in=household_ids)
    for span in spans.select_related("resident").order_by("state_since", "pk"):
        found.setdefault(span.household_id, []).append(span)
    return found


@dataclass(frozen=True)
class Work:
    """How a household is at work on a day: asked of the ledger, stored nowhere."""

    workers: list = field(default_factory=list)
    is_dual: bool = False
    stable: tuple = ()
    is_stabilised: bool = False


class WorkStandards:
    """Dual and stable employment as the parameters of each community say; reads them once for any number of rows."""

    def __init__(self, today):
        self.today = today
        parameters = dated_all()
        self._dual, self._months = parameters["dual_employment_min"], parameters["stable_contract_months"]
        self._wages = minimum_wages()

    def judge(self, workers, community):
        """`stable` are those with a contract long enough, the minimum wage and insurance, all three on record."""
        path = community.path_ids
        months, wage = self._months.of(path, self.today), self._wages.of(path, self.today)
        stable = tuple(span for span in workers if _is_stable(span.spell, months, wage))
        return Work(
            workers=workers,
            is_dual=len(workers) >= self._dual.of(path, self.today),
            stable=stable,
            is_stabilised=any(add_months(span.state_since, months) <= self.today for span in stable),
        )

    def dual_min_of(self, communities):
        """`{community_id: working members that make a household dual}`."""
        return {one.pk: self._dual.of(one.path_ids, self.today) for one in communities}

    def of(self, episodes):
        """`{episode_id: Work}`, with one query for their members."""
        workers = workers_of({one.household_id for one in episodes}, self.today)
        return {one.pk: self.judge(workers.get(one.household_id, []), one.household.community) for one in episodes}


def _is_stable(spell, months, wage):
    return (
        spell.contract_months is not None
        and spell.contract_months >= months
        and spell.monthly_income is not None
        and wage is not None
        and spell.monthly_income >= wage
        and spell.insured is True
    )


@dataclass(frozen=True)
class EpisodeRow:
    """An episode in a list: who lives there, its deadline, and how the household is at work today."""

    episode: ZeroEmploymentEpisode
    members: list
    deadline: Deadline
    work: Work

    @property
    def head(self):
        return head_of(self.members)


def head_of(members):
    """The name a household goes by: its head's, else the first member's."""
    return members[0].resident.name if members else ""


def episode_rows(episodes, today, deadlines=None):
    """Rows of these episodes (with `household__community`), in their order, by a fixed number of queries."""
    deadlines = deadlines or Deadlines(today)
    members = members_on(list({one.household_id for one in episodes}), today)
    works = WorkStandards(today).of(episodes)
    return [
        EpisodeRow(one, members.get(one.household_id, []), deadlines.of(one, one.household.community), works[one.pk])
        for one in episodes
    ]


def soonest(episodes, deadlines, number):
    """(the rows whose deadline comes first, how many there are, how many of them are late).

    Deadlines differ by area and day, so they are worked out for every open episode before the first are read whole.
    """
    slim = list(
        episodes.select_related("household__community").only(
            "certified_on", "eliminated_on", "withdrawn_on", "household__community__path"
        )
    )
    dated = sorted(
        ((deadlines.of(one, one.household.community), one.pk) for one in slim),
        key=lambda pair: (pair[0].last_on, pair[1]),
    )
    first = [key for _deadline, key in dated[:number]]
    whole = {one.pk: one for one in episodes.filter(pk__in=first).select_related("household__community")}
    rows = episode_rows([whole[key] for key in first], deadlines.today, deadlines)
    return rows, len(dated), sum(deadline.is_late for deadline, _key in dated)
