from functools import cached_property

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from city.choices import ROLE_LEVELS, AreaLevel, Role
from city.models.areas import Area
from city.rights import PERMISSIONS


class Staff(AbstractBaseUser):
    """A person who works here. Two accounts of one person are found by the keyed hash of the ID number."""

    number = models.CharField(_("employee number"), max_length=30)
    name = models.CharField(_("name"), max_length=60)
    id_hash = models.UUIDField(null=True, blank=True, editable=False, help_text="keyed hash of the own ID number")
    is_active = models.BooleanField(_("active"), default=True)
    #: Sign-ins are events of the trail; a field of it would make signing in a write to an audited row.
    last_login = None

    objects = BaseUserManager()

    USERNAME_FIELD = "number"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")
        constraints = [
            models.UniqueConstraint(name="staff_number_unique", fields=["number"]),
            models.UniqueConstraint(name="staff_one_account_per_person", fields=["id_hash"]),
        ]

    def __str__(self):
        return self.name

    def check_password(self, raw_password):
        """Signing in writes nothing: a hash of an older strength is renewed with the next change of the password."""
        return check_password(raw_password, self.password)

    @property
    def is_staff(self):
        """Django's admin (reference tables only) is the system administrator's."""
        return self._administers

    @cached_property
    def _administers(self):
        return self.postings.in_force_on(timezone.localdate()).filter(role=Role.SYSTEM_ADMIN).exists()

    def has_perm(self, perm, obj=None):
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label):
        return self.is_active and self.is_staff


class PostingQuerySet(models.QuerySet):
    def in_force_on(self, day):
        return self.filter(Q(ended_on=None) | Q(ended_on__gte=day), started_on__lte=day)

    def visible_to(self, posting):
        return self.filter(area__path__startswith=posting.area.path)


class Posting(models.Model):
    """Role × area × from/to. A person acts under one posting at a time; area and rights both come from it."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="postings")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    area = models.ForeignKey(Area, models.PROTECT, related_name="postings")
    grid = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="coordinators")
    started_on = models.DateField(_("from"))
    ended_on = models.DateField(_("to"), null=True, blank=True)

    objects = PostingQuerySet.as_manager()

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [
            models.CheckConstraint(
                name="posting_ends_on_or_after_start", condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on"))
            ),
            models.UniqueConstraint(name="posting_unique", fields=["staff", "role", "area", "started_on"]),
            models.UniqueConstraint(
                name="posting_one_coordinator_per_grid",
                fields=["grid"],
                condition=Q(ended_on=None, grid__isnull=False),
                violation_error_message=_("This grid already has a coordinator."),
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()} · {self.area}"

    def may(self, permission):
        return permission in PERMISSIONS[self.role]

    @property
    def works_at_a_community(self):
        return ROLE_LEVELS[Role(self.role)] == {AreaLevel.COMMUNITY}
