"""A person known elsewhere, claimed by a community's sheet: moved once both streets, or a superior of both, agree."""

import json

from django.utils import timezone
from django.utils.translation import gettext as _

from city.choices import AreaLevel
from city.ciphers import keyed_hash
from city.sheets import pipeline
from city.sheets.registry import Terms, kind_named
from city.trail import acting
from config.conflict import Conflict
from households.choices import TransferState
from households.ledger import LedgerRefused
from households.models import Household, Resident, TransferRequest
from households.sheets.columns import RELATIONS


class CannotAgree(Exception):
    """This posting speaks for neither side, or the row can no longer be taken; the message says which."""


def sides_of(transfer, posting):
    """Which sides the posting may agree for: `origin`, `destination`, both or none. A street or above speaks."""
    if not posting.may("households.accept_transfers") or posting.area.level in (AreaLevel.COMMUNITY, AreaLevel.GRID):
        return set()
    areas = {"origin": transfer.origin, "destination": transfer.household.community}
    return {side for side, area in areas.items() if area.path.startswith(posting.area.path)}


def agree(*, transfer_id, by, request=None):
    """Note the agreement of `by` (a posting); with both sides agreed the row is taken as the sheet would have.

    Raises Conflict when it was decided meanwhile, CannotAgree when the posting has no say or the row no longer fits.
    """
    with acting(posting=by, reason=_("Transfer agreed"), request=request):
        transfer = _asked(transfer_id)
        sides = sides_of(transfer, by)
        if not sides:
            raise CannotAgree(_("A reviewer of one of the two streets, or a superior, must agree."))
        for side in sides:
            setattr(transfer, f"{side}_agreed", by.staff)
        if transfer.origin_agreed and transfer.destination_agreed:
            _take_row(transfer)
            transfer.state, transfer.decided_at = TransferState.ACCEPTED, timezone.now()
        transfer.save(update_fields=["origin_agreed", "destination_agreed", "state", "decided_at"])
    return transfer


def refuse(*, transfer_id, by, request=None):
    """Either side says no, and the person stays. Raises Conflict and CannotAgree as `agree` does."""
    with acting(posting=by, reason=_("Transfer refused"), request=request):
        transfer = _asked(transfer_id)
        if not sides_of(transfer, by):
            raise CannotAgree(_("A reviewer of one of the two streets, or a superior, must agree."))
        transfer.state, transfer.decided_at = TransferState.REFUSED, timezone.now()
        transfer.save(update_fields=["state", "decided_at"])
    return transfer


def ask(*, community, number, id_number, name, relation, moves_on, by, request=None):
    """A station claims a person known elsewhere for one of its households, as a row of its roster would.

    Raises LedgerRefused where such a row would have been refused.
    """
    with acting(posting=by, reason=_("Transfer asked for"), request=request):
        resident = Resident.objects.filter(id_hash=keyed_hash(id_number)).select_related("community").first()
        if resident is None or resident.community is None:
            raise LedgerRefused("id_number", _("Nobody of this ID number is known: register the person."))
        if resident.name != name:
            raise LedgerRefused("name", _("This ID number is known under another name."))
        if resident.community.path.startswith(by.area.path):
            raise LedgerRefused("id_number", _("This person lives in your area: move them on their own page."))
        household, _new = Household.objects.get_or_create(community=community, number=number)
        cells = {
            "社区代码": community.code,
            "户号": number,
            "与户主关系": next(word for word, stored in RELATIONS.items() if stored == relation),
            "姓名": name,
            "身份证号": id_number,
        }
        transfer, _new = TransferRequest.objects.get_or_create(
            resident=resident,
            household=household,
            state=TransferState.ASKED,
            defaults={
                "origin": resident.community,
                "relation": relation,
                "moves_on": moves_on,
                "row": json.dumps(cells, ensure_ascii=False),
            },
        )
        return transfer


def _asked(transfer_id):
    transfer = (
        TransferRequest.objects.select_for_update(of=("self",))
        .select_related("origin", "household__community", "origin_agreed", "destination_agreed")
        .get(pk=transfer_id)
    )
    if transfer.state != TransferState.ASKED:
        by = transfer.destination_agreed or transfer.origin_agreed
        raise Conflict(_("This transfer was decided meanwhile."), by=by, at=transfer.decided_at)
    return transfer


def _take_row(transfer):
    row = pipeline.run_row(kind_named("roster"), json.loads(transfer.row), Terms(transfer.moves_on, write=True))
    if row.errors:
        raise CannotAgree("；".join(message for _heading, message in row.errors))
