from datetime import datetime, time, timedelta

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assistance.choices import (
    UNJUSTIFIED,
    CaseState,
    FollowUpOutcome,
    Intake,
    Measure,
    ReferralAnswer,
    RefusalReason,
    ServiceKind,
    VoidReason,
)
from assistance.rules import twice_late_before
from city.choices import AreaLevel
from city.models import Area, Clock, Flowing, Staff
from city.rules import FAR_FUTURE
from city.workdays import Calendar
from households.choices import LabourState
from households.models import LabourSpell, LedgerSpan, Resident


def _midnight(day):
    """The moment the day begins, in the city's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


class CaseQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(resident__in=Resident.objects.visible_to(posting))

    def open(self):
        return self.filter(state__in=CaseState.OPEN)

    def sent_back(self):
        return self.filter(state=CaseState.RETURNED)

    def in_grid(self, grid, day):
        """Of persons who live in the grid on the day; of everybody without a grid."""
        if grid is None:
            return self
        living = LedgerSpan.objects.in_force_on(day).filter(household__grid=grid)
        return self.filter(resident__in=living.values("resident"))

    def with_flags(self, day):
        """Annotated with what nobody may overlook: `refused_thrice` before a placement, `out_of_work` after one."""
        at_work = LedgerSpan.objects.in_force_on(day).filter(resident=OuterRef("resident"), state=LabourState.EMPLOYED)
        return self.annotate(
            refused_thrice=Q(state__in=CaseState.UNPLACED, commitment__void_reason=VoidReason.REFUSALS),
            out_of_work=Q(state__in=CaseState.AT_WORK) & ~Exists(at_work),
        )

    def flagged(self, day):
        """Open cases somebody must decide about: the promise is void, or the placed person is out of work again."""
        return self.with_flags(day).filter(Q(refused_thrice=True) | Q(out_of_work=True))

    def to_decide(self, day):
        """What the street sent back, and what is flagged."""
        flagged = Q(refused_thrice=True) | Q(out_of_work=True)
        return self.with_flags(day).filter(flagged | Q(state=CaseState.RETURNED))

    def overdue_at(self, moment):
        return self.filter(commitment__in=Commitment.objects.overdue_at(moment))

    def with_due_day(self):
        """Annotated with the day the promise falls due; a clock that stands still, or no promise, is due last."""
        due_on = TruncDate("commitment__clock__due_at", tzinfo=timezone.get_default_timezone())
        return self.annotate(due_on=Coalesce(due_on, FAR_FUTURE))


class Case(Flowing):
    """A person asks for help with work: applied, verified, promised, placed, followed up."""

    number = models.CharField(_("case number"), max_length=30)
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="cases")
    community = models.ForeignKey(
        Area, models.PROTECT, related_name="cases", verbose_name=_("community"), help_text=_("whose station answers")
    )
    intake = models.CharField(_("came by"), max_length=10, choices=Intake)
    applied_on = models.DateField(_("applied"))
    words = models.TextField(_("what was asked"), blank=True)
    accepts_any_suitable_job = models.BooleanField(_("accepts any suitable job"), default=False)
    preventive = models.BooleanField(_("opened before the job is lost"), default=False)
    measure = models.CharField(_("batch"), max_length=20, choices=Measure, blank=True)
    responsible = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="cases")
    state = models.CharField(_("state"), max_length=15, choices=CaseState, default=CaseState.APPLIED)
    placed_on = models.DateField(_("placed"), null=True, blank=True)
    spell = models.ForeignKey(LabourSpell, models.SET_NULL, null=True, blank=True, related_name="cases")
    closed_on = models.DateField(_("closed"), null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("assistance case")
        verbose_name_plural = _("assistance cases")
        constraints = [
            models.UniqueConstraint(name="case_number_unique", fields=["number"]),
            models.UniqueConstraint(
                name="case_one_open",
                fields=["resident"],
                condition=~Q(state__in=["closed", "not_eligible", "lapsed"]),
                violation_error_message=_("This person has an open case already."),
            ),
            models.CheckConstraint(
                name="case_placed_with_a_day",
                condition=~Q(state__in=["placed", "followed_up"]) | Q(placed_on__isnull=False),
            ),
            models.CheckConstraint(
                name="case_closed_with_a_day",
                condition=Q(closed_on__isnull=False, state__in=["closed", "not_eligible", "lapsed"])
                | Q(closed_on=None) & ~Q(state__in=["closed", "not_eligible", "lapsed"]),
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def promise(self):
        """The promise made in this case, or None."""
        return getattr(self, "commitment", None)

    @property
    def is_open(self):
        return self.state in CaseState.OPEN


class CommitmentQuerySet(models.QuerySet):
    """Figures of any day, past days too, come from the stored columns alone.

    A due moment that has passed never moves again (an overdue clock cannot be stopped), and one that has not lies
    after every day before the stop; so what fell due by the end of a day is what has a due moment before that.
    """

    def visible_to(self, posting):
        return self.filter(case__resident__in=Resident.objects.visible_to(posting))

    def in_force(self):
        """Still owed: neither kept nor void."""
        return self.filter(kept_on=None, voided_on=None)

    def overdue_at(self, moment):
        """Owed, and the due moment has passed; a clock that stands still has none."""
        return self.in_force().filter(clock__due_at__lt=moment)

    def escalated_to(self, level, moment):
        """Overdue ones a level must see to: all of them a street, a superior those late by the whole allowance again.

        How late that is follows from each clock's own allowance, in its own unit.
        """
        overdue = self.overdue_at(moment)
        if level in (AreaLevel.STREET, AreaLevel.COMMUNITY, AreaLevel.GRID):
            return overdue
        allowances = overdue.order_by().values_list("clock__unit", "clock__allowance").distinct()
        calendar, moment = Calendar(), timezone.localtime(moment)
        late = Q(pk=None)
        for unit, allowance in allowances:
            latest = twice_late_before(moment, unit, allowance, calendar)
            late |= Q(clock__unit=unit, clock__allowance=allowance, clock__due_at__lt=latest)
        return overdue.filter(late)

    def falling_due(self, first, last):
        """Due on a day from `first` to `last`, both included."""
        return self.falling_due_by(last).filter(clock__due_at__gte=_midnight(first))

    def falling_due_by(self, last):
        """Due by the end of a day; those void before their due moment never fell due."""
        return self.filter(
            Q(voided_on=None) | Q(clock__stopped_at__gt=F("clock__due_at")),
            clock__due_at__lt=_midnight(last + timedelta(days=1)),
        )

    def with_due_on(self):
        """`due_on`: the day of the due moment in the city's time."""
        return self.annotate(due_on=TruncDate("clock__due_at", tzinfo=timezone.get_default_timezone()))

    def kept_in_time(self):
        """In work on or before the day of the due moment."""
        return self.with_due_on().filter(kept_on__lte=F("due_on"))

    def overdue_on(self, day):
        """Owed at the end of the day although the due moment had passed by then."""
        return self.filter(
            Q(kept_on=None) | Q(kept_on__gt=day),
            Q(voided_on=None) | Q(voided_on__gt=day),
            clock__due_at__lt=_midnight(day + timedelta(days=1)),
        )


class Commitment(models.Model):
    """The promise (上岗承诺) to somebody who accepts any suitable job: placed by the clock's due moment."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="commitment")
    clock = models.OneToOneField(Clock, models.PROTECT, related_name="commitment")
    made_on = models.DateField(_("promised"))
    kept_on = models.DateField(_("kept"), null=True, blank=True)
    voided_on = models.DateField(_("void since"), null=True, blank=True)
    void_reason = models.CharField(_("why void"), max_length=10, choices=VoidReason, blank=True)

    objects = CommitmentQuerySet.as_manager()

    natural = ("case",)

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        constraints = [
            models.CheckConstraint(
                name="commitment_kept_or_void",
                condition=Q(kept_on=None) | Q(voided_on=None),
            ),
            models.CheckConstraint(
                name="commitment_void_with_a_reason",
                condition=Q(voided_on=None, void_reason="") | (Q(voided_on__isnull=False) & ~Q(void_reason="")),
            ),
        ]

    def __str__(self):
        return f"{self.case}"

    @property
    def is_owed(self):
        return self.kept_on is None and self.voided_on is None

    @property
    def is_paused(self):
        return self.is_owed and self.clock.due_at is None

    def is_overdue_at(self, moment):
        return self.is_owed and self.clock.due_at is not None and self.clock.due_at < moment


class Service(models.Model):
    """Something done for a person, with its day and who did it."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="services")
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="services")
    kind = models.CharField(_("service"), max_length=15, choices=ServiceKind)
    provided_on = models.DateField(_("on"))
    words = models.CharField(_("in words"), max_length=200, blank=True)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        indexes = [models.Index(fields=["resident", "provided_on"], name="service_of_resident")]

    natural = ("resident", "kind", "provided_on")

    def __str__(self):
        return f"{self.provided_on} {self.get_kind_display()}"


class ReferralQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(resident__in=Resident.objects.visible_to(posting))

    def refused_without_good_reason(self):
        return self.filter(reason__in=UNJUSTIFIED)


class Referral(models.Model):
    """One job put before a person, with the answer and, when refused, the coded reason.

    A job seeker need not have a case; where there is one, the referral is part of it.
    """

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="referrals")
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="referrals")
    employer_name = models.CharField(_("employer"), max_length=120)
    job = models.CharField(_("job offered"), max_length=120)
    monthly_wage = models.DecimalField(_("monthly wage"), max_digits=10, decimal_places=2, null=True, blank=True)
    referred_on = models.DateField(_("referred"))
    answer = models.CharField(_("answer"), max_length=20, choices=ReferralAnswer, default=ReferralAnswer.WAITING)
    answered_on = models.DateField(_("answered"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=15, choices=RefusalReason, blank=True)
    words = models.CharField(_("in words"), max_length=200, blank=True)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        constraints = [
            models.CheckConstraint(
                name="referral_refused_with_a_reason",
                condition=Q(answer__in=["refused_by_person", "no_show"]) & ~Q(reason="")
                | ~Q(answer__in=["refused_by_person", "no_show"]) & Q(reason=""),
                violation_error_message=_("Say why the job was refused."),
            ),
            models.CheckConstraint(
                name="referral_answered_with_a_day",
                condition=Q(answer="waiting", answered_on=None)
                | ~Q(answer="waiting") & Q(answered_on__gte=F("referred_on")),
                violation_error_message=_("The answer cannot come before the referral."),
            ),
        ]

    natural = ("resident", "employer_name", "job", "referred_on")

    def __str__(self):
        return f"{self.employer_name} {self.job}"


class FollowUpQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(case__resident__in=Resident.objects.visible_to(posting))

    def to_do(self):
        return self.filter(done_on=None, case__state=CaseState.PLACED)


class FollowUp(models.Model):
    """The look after somebody placed (回访), due so many days after the first day of work."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="follow_ups")
    due_on = models.DateField(_("due"))
    done_on = models.DateField(_("done"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=15, choices=FollowUpOutcome, blank=True)
    words = models.CharField(_("in words"), max_length=200, blank=True)
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints = [
            models.UniqueConstraint(name="followup_one_a_day", fields=["case", "due_on"]),
            models.CheckConstraint(
                name="followup_done_with_an_outcome",
                condition=Q(done_on=None, outcome="") | Q(done_on__isnull=False) & ~Q(outcome=""),
            ),
        ]
        indexes = [models.Index(fields=["due_on"], name="followup_to_do", condition=Q(done_on=None))]

    def __str__(self):
        return f"{self.case} {self.due_on}"
