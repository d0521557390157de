from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from city.choices import AreaLevel
from city.fields import EncryptedTextField
from city.models.areas import Area
from city.models.clocks import Clock
from city.models.staff import Staff


class NoticeQuerySet(models.QuerySet):
    def public_at(self, moment):
        """Shown to everybody: published, not withdrawn, its working days not over (a stopped clock still shows)."""
        return self.filter(
            Q(clock__due_at=None) | Q(clock__due_at__gt=moment), withdrawn_at=None, clock__started_at__lte=moment
        )

    def visible_to(self, posting):
        return self.filter(area__path__startswith=posting.area.path)


class Notice(models.Model):
    """A masked snapshot shown to the public for a number of working days, open to objections."""

    kind = models.CharField(_("kind"), max_length=30)
    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(_("text"), blank=True)
    columns = models.JSONField(default=list, help_text="headings of the table shown")
    rows = models.JSONField(default=list, help_text="masked before they come here; never made anew")
    area = models.ForeignKey(Area, models.PROTECT, related_name="notices")
    clock = models.OneToOneField(Clock, models.PROTECT, related_name="notice")
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    natural = ("kind", "title", "area")

    class Meta:
        verbose_name = _("public notice")
        verbose_name_plural = _("public notices")

    def __str__(self):
        return self.title

    @property
    def shown_rows(self):
        """Each cell with its heading, for tables that become cards on a phone."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


class ObjectionQuerySet(models.QuerySet):
    def visible_to(self, posting):
        """A district answers what is said against its own notices; those below it are their streets'."""
        if posting.area.level == AreaLevel.DISTRICT:
            return self.filter(notice__area=posting.area)
        return self.filter(notice__area__path__startswith=posting.area.path)


class Objection(models.Model):
    """Somebody disagrees: the notice's clock stands still until it is answered."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="objections")
    words = models.TextField(_("what is wrong"))
    contact = EncryptedTextField(_("name and phone"))
    received_at = models.DateTimeField(_("received"))
    upheld = models.BooleanField(_("upheld"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    objects = ObjectionQuerySet.as_manager()

    natural = ("notice", "words")

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        constraints = [
            models.CheckConstraint(
                name="objection_answered_whole",
                condition=Q(upheld=None, answered_at=None, answer="")
                | Q(upheld__isnull=False, answered_at__isnull=False) & ~Q(answer=""),
            )
        ]

    def __str__(self):
        return f"{self.notice} {self.received_at:%Y-%m-%d}"
