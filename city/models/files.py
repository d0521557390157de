from django.db import models
from django.utils.translation import gettext_lazy as _

from city.models.staff import Posting


class StoredFileQuerySet(models.QuerySet):
    def visible_to(self, posting):
        """A file is of one posting: who moves on, or works under another posting, does not take its lists along."""
        return self.filter(posting=posting)


class StoredFile(models.Model):
    """An uploaded or generated file: encrypted on disk under a random name, served through a permission check."""

    name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    stored_as = models.UUIDField()
    posting = models.ForeignKey(Posting, models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(_("stored"), auto_now_add=True)
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints = [models.UniqueConstraint(name="storedfile_stored_as_unique", fields=["stored_as"])]

    def __str__(self):
        return self.name
