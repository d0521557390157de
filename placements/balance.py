"""Where posts are and where people wait: what an office reads before it allocates or moves posts."""

from collections import Counter
from dataclasses import dataclass
from math import inf

from django.db.models import Count

from city.models import Area
from placements.models import Post
from placements.waiting import waiting


@dataclass(frozen=True)
class Place:
    """A division with its open posts and the people who wait there for one."""

    area: Area
    open_posts: int
    people: int

    @property
    def posts_for_ten(self):
        """Open posts for every ten who wait; None where nobody waits."""
        return self.open_posts * 10 / self.people if self.people else None

    @property
    def lacking(self):
        return self.people - self.open_posts

    @property
    def need(self):
        """Sorts the place with fewest posts for those who wait first, and those where nobody waits last."""
        return (self.open_posts / self.people if self.people else inf, -self.lacking)


def balance(area, level, day):
    """[Place] of every division of a level below the area, those with fewest posts for their people first."""
    posts = _per_community(Post.objects.open().filter(area__path__startswith=area.path), "area")
    people = _per_community(waiting(area, day), "community")
    below = list(Area.objects.within(area).divisions().order_by("path"))
    counted_posts, counted_people = Counter(), Counter()
    for one in below:
        for key in one.path_ids:
            counted_posts[key] += posts.get(one.pk, 0)
            counted_people[key] += people.get(one.pk, 0)
    places = [Place(one, counted_posts[one.pk], counted_people[one.pk]) for one in below if one.level == level]
    return sorted(places, key=lambda place: place.need)


def _per_community(rows, name):
    return dict(rows.order_by().values_list(name).annotate(number=Count("pk")))
