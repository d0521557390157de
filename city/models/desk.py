from django.db import models
from django.utils.translation import gettext_lazy as _

from city.fields import EncryptedTextField
from city.models.areas import Area
from city.models.staff import Posting


class NumberSeries(models.Model):
    """The last number given out of a series (household cards, cases …) in one area and year."""

    name = models.CharField(max_length=30)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [models.UniqueConstraint(name="numberseries_unique", fields=["name", "area", "year"])]

    def __str__(self):
        return f"{self.name} {self.year}"


class Draft(models.Model):
    """A form as far as it was typed, kept for the posting that types it, until it is sent or a month has passed."""

    posting = models.ForeignKey(Posting, models.CASCADE, related_name="drafts")
    form = models.CharField(max_length=60)
    key = models.CharField(max_length=60, blank=True)
    data = EncryptedTextField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [models.UniqueConstraint(name="draft_unique", fields=["posting", "form", "key"])]

    def __str__(self):
        return f"{self.form} {self.key}"
