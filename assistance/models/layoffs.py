from django.db import models
from django.db.models import Case, Count, Exists, F, FilteredRelation, IntegerField, OuterRef, Q, When
from django.utils.translation import gettext_lazy as _

from assistance.choices import LayoffState
from city.fields import EncryptedTextField
from city.models import Area, Employer, Flowing
from city.rules import add_months
from households.choices import LabourState
from households.models import LedgerSpan, Membership, Resident

_ADULT = 18 * 12


class LayoffNoticeQuerySet(models.QuerySet):
    def visible_to(self, posting):
        """Of the employer's own area, and of every area whose residents are on its list."""
        listed = LayoffPerson.objects.visible_to(posting).filter(notice=OuterRef("pk"))
        return self.filter(Q(area__path__startswith=posting.area.path) | Exists(listed))

    def with_listed(self):
        return self.annotate(listed=Count("persons"))


class LayoffNotice(Flowing):
    """An employer means to lay off staff (裁减人员报告); reported in advance when it is large, found out otherwise."""

    employer = models.ForeignKey(Employer, models.PROTECT, related_name="layoff_notices")
    area = models.ForeignKey(
        Area, models.PROTECT, related_name="layoff_notices", verbose_name=_("where the employer is")
    )
    staff_total = models.PositiveIntegerField(_("staff in all"))
    planned = models.PositiveIntegerField(_("to be laid off"))
    planned_on = models.DateField(_("planned for"))
    reported_on = models.DateField(_("reported"), null=True, blank=True)
    carried_out_on = models.DateField(_("carried out"), null=True, blank=True)
    words = models.TextField(_("reasons given"), blank=True)
    union_heard = models.BooleanField(_("union or staff heard 30 days before"), default=False)
    state = models.CharField(_("state"), max_length=15, choices=LayoffState, default=LayoffState.DRAFTED)

    objects = LayoffNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("layoff notice")
        verbose_name_plural = _("layoff notices")
        constraints = [
            models.UniqueConstraint(
                name="layoffnotice_unique",
                fields=["employer", "planned_on"],
                violation_error_message=_("This employer has a notice for that day already."),
            ),
            models.CheckConstraint(
                name="layoffnotice_not_more_than_the_staff",
                condition=Q(planned__gt=0, planned__lte=F("staff_total")),
                violation_error_message=_("More are to go than work there."),
            ),
        ]

    def __str__(self):
        return f"{self.employer} {self.planned_on}"

    def is_kept_by(self, posting):
        """The office the employer lies under, and its superiors, see the whole list in figures and keep it."""
        return self.area.path.startswith(posting.area.path)


class LayoffPersonQuerySet(models.QuerySet):
    def visible_to(self, posting):
        """Everybody sees their own residents; of others there are figures alone."""
        return self.filter(resident__in=Resident.objects.visible_to(posting))

    def known_to(self, posting):
        """Whom the keeper of the list sees by name: the posting's own residents, and who is nobody's."""
        return self.filter(Q(resident=None) | Q(resident__in=Resident.objects.visible_to(posting)))

    def with_family(self, notice):
        """`rank`, by what the law asks about each on the day planned: 0 and 1 for the only workers of a household
        (others on the same list do not count), 0 with minors or old people in it; 2 where somebody else would work.
        """
        day = notice.planned_on
        listed = LayoffPerson.objects.filter(notice=notice, resident__isnull=False).values("resident")
        home = OuterRef("at_home__household")
        others = LedgerSpan.objects.in_force_on(day).filter(state=LabourState.EMPLOYED, household=home)
        later = Membership.objects.filter(
            resident=OuterRef("resident"), started_on__lte=day, started_on__gt=OuterRef("started_on")
        )
        dependants = Membership.objects.filter(
            Q(resident__birth_date__gt=add_months(day, -_ADULT)) | Q(resident__retires_on__lte=day),
            ~Exists(later),
            ~Q(resident=OuterRef("resident")),
            household=home,
            started_on__lte=day,
        )
        that_day = Q(resident__spans__first_on__lte=day, resident__spans__last_on__gte=day)
        return self.annotate(
            at_home=FilteredRelation("resident__spans", condition=that_day),
            rank=Case(
                When(Q(at_home=None) | Exists(others.exclude(resident__in=listed)), then=2),
                When(Exists(dependants), then=0),
                default=1,
                output_field=IntegerField(),
            ),
        )

    def counts_by_community(self, notice):
        """[{community name, how many listed, of them the only workers}], the most first."""
        rows = self.filter(resident__isnull=False).with_family(notice).order_by()
        counted = rows.values("resident__community__name").annotate(
            number=Count("pk"), only=Count("pk", filter=Q(rank__lt=2))
        )
        return list(counted.order_by("-only", "-number", "resident__community__name"))


class LayoffPerson(models.Model):
    """Somebody on the list, matched to a resident by the keyed hash of the ID number."""

    notice = models.ForeignKey(LayoffNotice, models.CASCADE, related_name="persons")
    name = models.CharField(_("name"), max_length=60)
    id_number = EncryptedTextField(_("ID number"))
    id_hash = models.UUIDField(editable=False)
    resident = models.ForeignKey(Resident, models.SET_NULL, null=True, blank=True, related_name="layoffs")
    job = models.CharField(_("job held"), max_length=60, blank=True)

    objects = LayoffPersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person on a layoff list")
        verbose_name_plural = _("persons on layoff lists")
        constraints = [models.UniqueConstraint(name="layoffperson_unique", fields=["notice", "id_hash"])]

    def __str__(self):
        return self.name
