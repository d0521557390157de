from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from city.choices import AreaKind, AreaLevel


class AreaQuerySet(models.QuerySet):
    def within(self, area):
        """The area itself and everything below it."""
        return self.filter(path__startswith=area.path)

    def above(self, area):
        """The area itself and its superiors, from the top."""
        return self.filter(pk__in=area.path_ids).order_by("path")

    def communities(self):
        return self.filter(level=AreaLevel.COMMUNITY)

    def divisions(self):
        """City, districts, streets and communities: all that has a code and a status."""
        return self.exclude(level=AreaLevel.GRID)

    def visible_to(self, posting):
        return self.within(posting.area)

    def known_as(self, code):
        """By division code, the present one or one of the past."""
        return self.filter(Q(code=code) | Q(pk__in=AreaCode.objects.filter(code=code).values("area")))


class Area(models.Model):
    """A lasting place in the four-level network (and its grids); the division code is an alias that may change."""

    level = models.CharField(_("level"), max_length=10, choices=AreaLevel)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    code = models.CharField(_("division code"), max_length=12, unique=True, null=True, blank=True)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=20, choices=AreaKind, blank=True)
    main_city = models.BooleanField(_("main city"), default=False)
    has_station = models.BooleanField(_("has a station"), default=True)
    path = models.CharField(max_length=60, editable=False, help_text="/city/district/street/community/grid/ by id")

    #: How digests name an area: a grid has no code, but a superior and a name.
    natural = ("code", "parent__code", "name")

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        constraints = [
            models.UniqueConstraint(
                name="area_grid_name_unique", fields=["parent", "name"], condition=Q(level=AreaLevel.GRID)
            ),
            models.CheckConstraint(
                name="area_only_a_city_has_no_parent",
                condition=Q(level=AreaLevel.CITY, parent=None) | (~Q(level=AreaLevel.CITY) & Q(parent__isnull=False)),
            ),
            models.CheckConstraint(
                name="area_only_a_grid_has_no_code",
                condition=Q(level=AreaLevel.GRID, code=None) | (~Q(level=AreaLevel.GRID) & Q(code__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["path"], name="area_path")]

    def __str__(self):
        return self.name

    @property
    def path_ids(self):
        return [int(part) for part in self.path.split("/") if part]


class AreaCode(models.Model):
    """A code the area was known by, from `started_on` until the next; sheets of any year find the lasting row."""

    area = models.ForeignKey(Area, models.CASCADE, related_name="codes")
    code = models.CharField(_("division code"), max_length=12)
    started_on = models.DateField(_("from"), null=True, blank=True)

    class Meta:
        verbose_name = _("area code")
        verbose_name_plural = _("area codes")
        constraints = [models.UniqueConstraint(name="areacode_unique", fields=["code"])]
        ordering = [F("started_on").asc(nulls_first=True)]

    def __str__(self):
        return self.code
