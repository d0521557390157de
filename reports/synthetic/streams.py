"""Where the draws come from: one stream per part of the city, so that no part depends on the order of the others."""

from datetime import timedelta
from random import Random


class Stream(Random):
    """Repeatable draws for one part of the city, told by the city's seed and the part's name."""

    def __init__(self, seed, *part):
        super().__init__(f"{seed}/{'/'.join(map(str, part))}")

    def chance(self, share):
        return self.random() < share

    def whole(self, first, last):
        """A whole number, both ends included; much quicker than `randint`."""
        return first + int(self.random() * (last - first + 1))

    def one_of(self, items):
        return items[int(self.random() * len(items))]

    def weighted(self, choices):
        """One of `[(item, share), …]`; the shares add up to one."""
        draw = self.random()
        for item, share in choices:
            draw -= share
            if draw < 0:
                return item
        return choices[-1][0]

    def day(self, first, last):
        """A day from `first` to `last`, both included; `first` when they are crossed."""
        return first + timedelta(days=self.whole(0, max(0, (last - first).days)))
