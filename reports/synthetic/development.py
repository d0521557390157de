"""How the communities came to where they stand: joblessness over the years, the survey, the Spring Festival."""

from datetime import date, timedelta
from itertools import accumulate

from reports.synthetic.areas import FALLEN, POOR, RECOVERED, SURVEYED

#: The festival falls between 21 January and 20 February; people who work away lose their jobs around it.
_FESTIVAL = (2, 5)
_AFTER_THE_FESTIVAL = (25, 75)
_FESTIVAL_SHARE, _FESTIVAL_SHARE_POOR = 0.009, 0.014
#: Days without work of those who have found some again.
_GAPS, _LONG_GAPS = (25, 170), (60, 280)
_BAD_YEARS = (0.06, 0.075)
_NOT_YET_SURVEYED = (0.06, 0.09)
#: Those jobless on the city's day began to be so in the months before; so many fewer have come back from then.
_OVER_BY_NOW = 0.85
_STEP = timedelta(days=10)


class Development:
    """One community's way through the months of history to its `profile` on the day `on`.

    `turned_on` is the day its past became its present, `unsurveyed` the share of the labour force about whom nothing
    was known before that, `share` how many of the labour force were once without work, for each of it.
    """

    def __init__(self, community, profile, draw, on, history_start):
        self.on, self.start = on, history_start
        self.past = community.past
        turned_after = community.turned_after + draw.uniform(-0.04, 0.04)
        self.turned_on = history_start + (on - history_start) * turned_after
        self.unsurveyed = draw.uniform(*_NOT_YET_SURVEYED) if self.past == SURVEYED else 0
        self.jobless = profile.jobless * _OVER_BY_NOW
        self.jobless_before = {
            RECOVERED: draw.uniform(*_BAD_YEARS),
            FALLEN: draw.uniform(0.01, 0.02),
        }.get(self.past, self.jobless)
        self._plan(community)

    def _plan(self, community):
        """When people lose work (around a day, or around the festival of a year), each with the share who do."""
        self.shortest, self.longest = _LONG_GAPS if max(self.jobless, self.jobless_before) > 0.04 else _GAPS
        mean = (self.shortest + self.longest) / 2
        day, self.losses, shares = self.start - timedelta(days=self.longest), [], []
        while day < self.on - timedelta(days=self.shortest):
            level = self.jobless_before if day < self.turned_on else self.jobless
            self.losses.append((day, False))
            shares.append(level * _STEP.days / mean)
            day += _STEP
        for year in range(self.start.year, self.on.year + 1):
            festival = date(year, *_FESTIVAL)
            if festival + timedelta(days=_AFTER_THE_FESTIVAL[1]) < self.on:
                self.losses.append((festival, True))
                shares.append(_FESTIVAL_SHARE_POOR if community.profile == POOR else _FESTIVAL_SHARE)
        self.cumulated = list(accumulate(shares))
        self.share = self.cumulated[-1] if shares else 0

    def gap(self, draw):
        """(first day without work, first day back at work) of somebody who works on the city's day, or None."""
        day, is_festival = draw.choices(self.losses, cum_weights=self.cumulated)[0]
        if is_festival:
            return day - timedelta(days=draw.whole(5, 30)), day + timedelta(days=draw.whole(*_AFTER_THE_FESTIVAL))
        lost_on = day + timedelta(days=draw.whole(0, _STEP.days - 1))
        back_on = lost_on + timedelta(days=draw.whole(self.shortest, self.longest))
        if self.past == RECOVERED and lost_on < self.turned_on:
            # The recovery was a drive that found work for all who were looking for it.
            back_on = min(back_on, self.turned_on + timedelta(days=draw.whole(0, 45)))
        return (lost_on, back_on) if lost_on < back_on <= self.on else None
