"""Public notices: a masked snapshot shown to everybody for some working days; an objection stops their clock.

What is shown is made once, when the notice is published, and holds no number, phone or birth date of anybody.
"""

import re

from django.utils import timezone
from django.utils.translation import gettext as _

from city import clocks
from city.choices import ClockUnit, NoticeStanding, PauseReason
from city.models import Clock, Notice, Objection
from city.moves import NotAllowed, StepRefused
from city.trail import acting
from config.conflict import Conflict

ANSWER = "city.answer_objections"
LONGEST_OBJECTION = 2_000
LONGEST_CONTACT = 100
#: Unanswered objections of one notice; more would keep a reviewer from ever coming to an end.
OPEN_OBJECTIONS = 50
_DIGITS = re.compile(r"\d{7}")
_SHORT_NAME = 2


class TooManyObjections(Exception):
    """The notice waits for so many answers already that one more is not taken."""


def masked_name(name):
    """王芳 → 王*, 王小芳 → 王*芳: enough for neighbours, too little for a search."""
    if len(name) <= _SHORT_NAME:
        return f"{name[:1]}*"
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def publish(kind, title, columns, rows, area, working_days, *, by, body="", at=None, calendar=None):
    """Show the rows to the public from now to the end of the last working day. Inside the caller's `acting()`.

    They come masked; a row with seven digits in a stretch (a phone, an account, an ID number) is a mistake.
    """
    if any(_DIGITS.search(str(cell)) for row in rows for cell in row):
        raise ValueError("a public notice holds no numbers of persons")
    with acting(posting=by, reason=_("Publish a notice")):
        clock = clocks.start(ClockUnit.WORKING_DAYS, working_days, at=at, calendar=calendar)
        return Notice.objects.create(
            kind=kind, title=title, body=body, columns=columns, rows=rows, area=area, clock=clock
        )


def withdraw(notice, *, by, at=None, request=None):
    """Take it away from the public before its time. A notice that is withdrawn already stays so."""
    with acting(posting=by, reason=_("Withdraw a notice"), request=request):
        if notice.withdrawn_at is None:
            notice.withdrawn_at = at or timezone.now()
            notice.save(update_fields=["withdrawn_at"])
            clocks.stop(notice.clock, at=at)


def object_to(notice, words, contact, *, at=None, request=None):
    """Somebody disagrees: the clock stands still until every objection is answered.

    Raises Conflict when the notice has just ended, TooManyObjections when it waits for many answers already.
    """
    at = at or timezone.now()
    with acting(reason=_("Objection"), request=request):
        clock = _held(notice.clock)
        if not Notice.objects.public_at(at).filter(pk=notice.pk).exists():
            raise Conflict(_("This notice has ended."))
        if open_objections(notice).count() >= OPEN_OBJECTIONS:
            raise TooManyObjections
        objection = Objection.objects.create(notice=notice, words=words, contact=contact, received_at=at)
        if clock.due_at is not None:
            clocks.pause(clock, PauseReason.OBJECTION, at=at)
    return objection


def answer(objection, upheld, words, *, by, at=None, request=None):
    """The office in charge has looked into it. An upheld one takes the notice away; with the last answered its clock
    goes on.

    Raises Conflict when somebody answered it meanwhile.
    """
    if not by.may(ANSWER):
        raise NotAllowed
    if not words.strip():
        raise StepRefused("words", _("Say it in words."))
    at = at or timezone.now()
    with acting(posting=by, reason=_("Answer an objection"), request=request):
        clock = _held(objection.notice.clock)
        unanswered = Objection.objects.filter(pk=objection.pk, upheld=None)
        if not unanswered.update(upheld=upheld, answer=words, answered_by=by.staff, answered_at=at):
            objection.refresh_from_db()
            raise Conflict(
                _("This objection was answered meanwhile."), by=objection.answered_by, at=objection.answered_at
            )
        objection.refresh_from_db()
        notice = objection.notice
        if upheld:
            notice.clock = clock
            withdraw(notice, by=by, at=at)
        elif clock.due_at is None and clock.stopped_at is None and not open_objections(notice).exists():
            clocks.resume(clock, at=at)
    return objection


def open_objections(notice):
    return notice.objections.filter(upheld=None)


def standing(notice, at):
    """Where the notice stands at that moment: see `NoticeStanding`."""
    if notice.objections.filter(upheld=True).exists():
        return NoticeStanding.UPHELD
    if notice.withdrawn_at:
        return NoticeStanding.WITHDRAWN
    if notice.clock.due_at is None or open_objections(notice).exists():
        return NoticeStanding.OBJECTED
    return NoticeStanding.PUBLIC if notice.clock.due_at > at else NoticeStanding.ENDED


def hold(notice):
    """The notice's clock, locked: until the transaction ends nobody can object to it or answer."""
    return _held(notice.clock)


def _held(clock):
    return Clock.objects.select_for_update().get(pk=clock.pk)
