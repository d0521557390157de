"""What a case needs before it is verified, and how much of it is known: the page shows it, the step asks for it."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from households.models import ZeroEmploymentEpisode
from households.profiles import profiles_on


@dataclass
class Standing:
    """A person as the case sees them on a day."""

    profile: object
    four_clear: object = None
    certifications: list = field(default_factory=list)
    episode: object = None
    preventive: bool = False

    @property
    def clear_count(self):
        """Of the four things, how many are known."""
        return len(self.four_clear.ASKED) - len(self.four_clear.missing) if self.four_clear else 0

    @property
    def is_clear(self):
        return self.four_clear is not None and self.four_clear.is_complete

    @property
    def is_entitled(self):
        return bool(self.certifications or self.episode or self.preventive)

    @property
    def refusals(self):
        """What verification still lacks, in words, with the place where it is filled in."""
        told = []
        if not self.is_clear:
            missing = self.four_clear.missing if self.four_clear else [_("all four")]
            told.append(
                _("Of the four things to be known these are missing: %(missing)s. Fill them in on the person's page.")
                % {"missing": _(", ").join(map(str, missing))}
            )
        if not self.is_entitled:
            told.append(
                _(
                    "Neither a hardship certification in force nor a household certified as without work: propose the "
                    "certification on the person's page, or declare the household."
                )
            )
        return told


def standing_of(case, day):
    """Five queries; the case's resident is loaded already."""
    profile = profiles_on([case.resident], day)[0]
    household = profile.household
    episodes = ZeroEmploymentEpisode.objects.open_on(day)
    return Standing(
        profile=profile,
        four_clear=case.resident.four_clear.filter(noted_on__lte=day).order_by("noted_on").last(),
        certifications=list(case.resident.hardship_certifications.in_force_on(day).order_by("certified_on")),
        episode=episodes.filter(household=household).first() if household else None,
        preventive=case.preventive,
    )
