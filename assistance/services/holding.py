"""Taking hold of a case before something is written about it."""

from assistance.models import Case
from city.moves import NotAllowed


def held(case_id, by, permission=None):
    """The case, locked until the transaction ends; nobody reaches beyond their area or their rights."""
    cases = Case.objects.visible_to(by).select_for_update(of=("self",))
    case = cases.select_related("resident", "community", "commitment__clock").filter(pk=case_id).first()
    if case is None or (permission and not by.may(permission)):
        raise NotAllowed
    return case
