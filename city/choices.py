from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AreaLevel(TextChoices):
    CITY = "city", _("City")
    DISTRICT = "district", _("District")
    STREET = "street", _("Street")
    COMMUNITY = "community", _("Community")
    GRID = "grid", _("Grid")


#: From the top down: the parent of a level is the one before it.
LEVELS = [AreaLevel.CITY, AreaLevel.DISTRICT, AreaLevel.STREET, AreaLevel.COMMUNITY, AreaLevel.GRID]


class AreaKind(TextChoices):
    URBAN = "urban", _("Urban community")
    VILLAGE_TURNED = "village_turned", _("Village-turned community")
    SETTLEMENT = "settlement", _("Landless-farmer settlement")
    RETURN = "return", _("Shanty-town return")


class Role(TextChoices):
    STATION_CLERK = "station_clerk", _("Station clerk")
    STATION_HEAD = "station_head", _("Station head")
    STREET_REVIEWER = "street_reviewer", _("Street reviewer")
    DISTRICT_OFFICER = "district_officer", _("District officer")
    FINANCE = "finance", _("Finance")
    CITY_OFFICE = "city_office", _("City office")
    CITY_LEADER = "city_leader", _("City leader")
    SYSTEM_ADMIN = "system_admin", _("System administrator")
    SECURITY_ADMIN = "security_admin", _("Security administrator")
    AUDIT_ADMIN = "audit_admin", _("Audit administrator")


#: The level of area each role is posted to; finance works at district or city.
ROLE_LEVELS = {
    Role.STATION_CLERK: {AreaLevel.COMMUNITY},
    Role.STATION_HEAD: {AreaLevel.COMMUNITY},
    Role.STREET_REVIEWER: {AreaLevel.STREET},
    Role.DISTRICT_OFFICER: {AreaLevel.DISTRICT},
    Role.FINANCE: {AreaLevel.DISTRICT, AreaLevel.CITY},
    Role.CITY_OFFICE: {AreaLevel.CITY},
    Role.CITY_LEADER: {AreaLevel.CITY},
    Role.SYSTEM_ADMIN: {AreaLevel.CITY},
    Role.SECURITY_ADMIN: {AreaLevel.CITY},
    Role.AUDIT_ADMIN: {AreaLevel.CITY},
}

#: Separation of the three administrators (GB/T 22239-2019): who holds one of these holds no other role.
ADMINISTRATORS = {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}


class EmployerKind(TextChoices):
    COMPANY = "company", _("Company")
    DISPATCH = "dispatch", _("Labour dispatch")
    LABOUR_SERVICE = "labour_service", _("Labour-service entity")
    PUBLIC = "public", _("Public institution")
    SELF_EMPLOYED = "self_employed", _("Self-employed business")
    AGENCY = "agency", _("Employment agency")
    TRAINER = "trainer", _("Training institution")


class DocumentStatus(TextChoices):
    IN_FORCE = "in_force", _("In force")
    REVISED = "revised", _("Revised")
    REPEALED = "repealed", _("Repealed")


class RunState(TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class SheetState(TextChoices):
    CHECKING = "checking", _("Checking")
    PREVIEW = "preview", _("Waiting for a decision")
    COMMITTING = "committing", _("Being written")
    COMMITTED = "committed", _("Written")
    DROPPED = "dropped", _("Dropped")
    REFUSED = "refused", _("Could not be read")
    UNDONE = "undone", _("Undone")


class TrailOperation(TextChoices):
    INSERT = "I", _("Insert")
    UPDATE = "U", _("Update")
    DELETE = "D", _("Delete")
    EVENT = "E", _("Event")


class ClockUnit(TextChoices):
    WORKING_DAYS = "working_days", _("working days")
    HOURS = "hours", _("hours")


class PauseReason(TextChoices):
    """Why time does not count against the promise."""

    ILL = "ill", _("Ill or in hospital")
    AWAY = "away", _("Away from the city")
    UNREACHABLE = "unreachable", _("Cannot be reached")
    TRAINING = "training", _("In training")
    FAMILY = "family", _("Family emergency")
    OBJECTION = "objection", _("Objection being looked into")
    OTHER = "other", _("Other")


class FindingState(TextChoices):
    """`DROPPED`: the doubt was gone when it was looked for again; it opens anew when it comes back."""

    OPEN = "open", _("Open")
    EXPLAINED = "explained", _("Explained")
    ACCEPTED = "accepted", _("Accepted")
    DROPPED = "dropped", _("No longer found")


class NoticeStanding(TextChoices):
    """Where a public notice stands; follows from its clock and objections, nobody writes it."""

    PUBLIC = "public", _("Open to the public")
    OBJECTED = "objected", _("Objection being looked into")
    UPHELD = "upheld", _("Objection upheld")
    WITHDRAWN = "withdrawn", _("Taken away")
    ENDED = "ended", _("Ended without objection")
