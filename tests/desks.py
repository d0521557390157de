"""People at their desks: a client signed in under a role in an area."""

from city.choices import AreaLevel, Role
from tests.city.factories import AreaFactory, PostingFactory

_PLACES = {
    Role.STATION_CLERK: AreaLevel.COMMUNITY,
    Role.STATION_HEAD: AreaLevel.COMMUNITY,
    Role.STREET_REVIEWER: AreaLevel.STREET,
    Role.DISTRICT_OFFICER: AreaLevel.DISTRICT,
    Role.FINANCE: AreaLevel.DISTRICT,
}


def superior(area, level):
    while area.level != level:
        area = area.parent
    return area


def sign_in(client, role, community):
    """Signs the client in under a new posting of the role over the community; returns the posting."""
    posting = PostingFactory(role=role, area=superior(community, _PLACES.get(role, AreaLevel.CITY)))
    client.force_login(posting.staff)
    return posting


def elsewhere(community):
    """A community in another district of the same city."""
    city = superior(community, AreaLevel.CITY)
    district = AreaFactory(level=AreaLevel.DISTRICT, parent=city)
    return AreaFactory(level=AreaLevel.COMMUNITY, parent=AreaFactory(level=AreaLevel.STREET, parent=district))
