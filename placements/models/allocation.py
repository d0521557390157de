from django.db import models
from django.utils.translation import gettext_lazy as _

from city.models import Area, Flowing, Staff
from households.models import Resident
from placements.choices import Chosen, LeftOut, Priority, ProposalState
from placements.models.posts import Post


class ProposalQuerySet(models.QuerySet):
    def visible_to(self, posting):
        return self.filter(area__path__startswith=posting.area.path)


class Proposal(Flowing):
    """Who goes to which open post, as the least-cost flow proposes it, until somebody carries it out or drops it.

    `weights`: {"distance", "wish", "wage", "priority"} in points; `quotas`: {district id: most posts}.
    """

    number = models.CharField(_("proposal number"), max_length=30)
    area = models.ForeignKey(Area, models.PROTECT, related_name="proposals", verbose_name=_("area"))
    made_at = models.DateTimeField(_("made"))
    made_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    as_of = models.DateField(_("as of"))
    weights = models.JSONField(_("weights"), default=dict)
    quotas = models.JSONField(_("quotas"), default=dict)
    posts_open = models.PositiveIntegerField(_("open posts"))
    people_waiting = models.PositiveIntegerField(_("people waiting"))
    state = models.CharField(_("state"), max_length=10, choices=ProposalState, default=ProposalState.PROPOSED)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("allocation proposal")
        verbose_name_plural = _("allocation proposals")
        constraints = [models.UniqueConstraint(name="proposal_number_unique", fields=["number"])]

    def __str__(self):
        return self.number


class ProposedPair(models.Model):
    """One person for one post, with what spoke for it: `reasons` are [code, points] pairs."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="pairs")
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, models.CASCADE, related_name="+")
    priority = models.CharField(_("priority"), max_length=15, choices=Priority)
    cost = models.IntegerField(_("cost"))
    reasons = models.JSONField(_("reasons"), default=list)
    chosen = models.CharField(_("chosen by"), max_length=10, choices=Chosen, default=Chosen.ENGINE)

    class Meta:
        verbose_name = _("proposed pair")
        verbose_name_plural = _("proposed pairs")
        constraints = [
            models.UniqueConstraint(name="proposedpair_one_a_person", fields=["proposal", "resident"]),
            models.UniqueConstraint(name="proposedpair_one_a_post", fields=["proposal", "post"]),
        ]

    def __str__(self):
        return f"{self.resident} {self.post}"


class PersonLeftOut(models.Model):
    """Somebody who waits and got nothing in a proposal, and the limit that left them out."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="left_out")
    resident = models.ForeignKey(Resident, models.CASCADE, related_name="+")
    priority = models.CharField(_("priority"), max_length=15, choices=Priority)
    limit = models.CharField(_("limit"), max_length=10, choices=LeftOut)

    class Meta:
        verbose_name = _("person left out")
        verbose_name_plural = _("people left out")
        constraints = [
            models.UniqueConstraint(name="personleftout_once", fields=["proposal", "resident"]),
        ]

    def __str__(self):
        return f"{self.resident}"
