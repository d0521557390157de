"""A household declared to be without work: verified by the station, shown to the public, certified by the street."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from city import clocks, facts, notices, numbers
from city.choices import NoticeStanding
from city.moves import NotAllowed, StepRefused, begin, move
from city.parameters import value
from city.trail import acting
from config.conflict import Conflict
from households.choices import LabourState, Relation
from households.models import Declaration, Household, LedgerSpan, ZeroEmploymentEpisode
from households.rosters import members_on
from households.verifying import obstacles, verifying_visit
from households.workflow import DECLARATION, EPISODE

NOTICE_KIND = "zero_household"
#: Series of the household cards: division code, year, running number.
CARD_SERIES = "card"


def declare(*, household_id, source, declared_on, by, words="", request=None):
    """Write down that a household is said to be without work; whether it is, the visit will tell."""
    step = DECLARATION.step_from("", "declare")
    household = Household.objects.select_related("community").get(pk=household_id)
    if not step.is_open_to(by) or not household.community.path.startswith(by.area.path):
        raise NotAllowed
    today = timezone.localdate()
    if declared_on > today:
        raise StepRefused("declared_on", _("A declaration cannot lie in the future."))
    with acting(posting=by, reason=str(step.label), request=request):
        under_way = household.declarations.under_way().select_related("entered_by").first()
        if under_way:
            raise Conflict(_("This household is declared already."), by=under_way.entered_by)
        if household.episodes.open_on(today).exists():
            raise StepRefused("action", _("This household is certified already: its episode is open."))
        if not LedgerSpan.objects.in_force_on(today).filter(household=household).exists():
            raise StepRefused("action", _("Nobody of this household is in the ledger today."))
        declaration = Declaration(
            household=household, source=source, declared_on=declared_on, words=words, entered_by=by.staff
        )
        try:
            with transaction.atomic():
                return begin(declaration, workflow=DECLARATION, by=by, action="declare", words=words, request=request)
        except IntegrityError:
            raise Conflict(_("This household is declared already.")) from None


def take(*, declaration_id, action, by, version, reason="", words="", card_number="", request=None):
    """Take one step with a declaration, held until the transaction ends. Raises what `city.moves.move` raises."""
    with acting(posting=by, reason=action, request=request):
        declaration = (
            Declaration.objects.select_for_update(of=("self",))
            .select_related("household__community", "notice__clock", "visit")
            .get(pk=declaration_id)
        )
        fields = {}
        step = DECLARATION.step_from(declaration.state, action)
        if step and step.is_open_to(by) and version == declaration.version:
            prepare = _PREPARED.get(action)
            fields = prepare(declaration, by, card_number) if prepare else {}
        declaration = move(
            declaration,
            action,
            workflow=DECLARATION,
            by=by,
            version=version,
            reason=reason,
            words=words,
            request=request,
            **fields,
        )
        if action == "certify":
            facts.tell(facts.EpisodeCertified(episode_id=declaration.episode_id, by=by))
        elif declaration.notice:
            _end_notice(declaration, action, by)
    return declaration


def _verified(declaration, by, _card_number):
    today = timezone.localdate()
    visit = verifying_visit(declaration.household_id, declaration.declared_on, today)
    if visit is None:
        raise StepRefused(
            "action",
            _("Visit the household first: no completed visit on or after %(day)s.")
            % {"day": declaration.declared_on.isoformat()},
        )
    _refuse(obstacles(declaration.household_id, visit.visited_on))
    _refuse(obstacles(declaration.household_id, today))
    return {"visit": visit}


def _refuse(against):
    if against:
        raise StepRefused("action", _("Not a household without work: %(why)s") % {"why": "; ".join(map(str, against))})


def _publicised(declaration, by, _card_number):
    today = timezone.localdate()
    _refuse(obstacles(declaration.household_id, today))
    community = declaration.household.community
    days = value("certification_publicity_workdays", community, today)
    columns, row = _shown_to_the_public(declaration.household, today)
    notice = notices.publish(
        NOTICE_KIND,
        f"{community.name}零就业家庭认定公示",
        columns,
        [row],
        community,
        days,
        by=by,
        body=f"经社区工作站入户核实，下列家庭拟认定为零就业家庭，现予公示{days}个工作日。"
        "对公示内容有异议的，可在公示期内提出，异议核实答复之前不作认定。",
    )
    return {"notice": notice}


def _shown_to_the_public(household, today):
    """Literal headings, as the street office pins them up; names shortened, no number, birth date or address."""
    members = members_on([household.pk], today).get(household.pk, [])
    head = next((one.resident.name for one in members if one.relation == Relation.HEAD), "")
    looking = [
        notices.masked_name(one.resident.name)
        for one in members
        if one.spell and one.spell.state == LabourState.UNEMPLOYED and one.resident.of_working_age_on(today)
    ]
    return (
        ["户主", "所在社区", "家庭人口", "有劳动能力且有就业愿望的成员", "现在就业人数"],
        [notices.masked_name(head) if head else "—", household.community.name, len(members), "、".join(looking), 0],
    )


def _certified(declaration, by, card_number):
    today = timezone.localdate()
    _refuse_unless_ended(declaration.notice)
    _refuse(obstacles(declaration.household_id, today))
    household = declaration.household
    if household.episodes.with_end().filter(closed_on__gt=today).exists():
        raise StepRefused("action", _("This household is certified already: its episode is open."))
    if household.episodes.filter(certified_on=today).exists():
        raise StepRefused("action", _("An episode of this household was certified and ended today: certify tomorrow."))
    episode = ZeroEmploymentEpisode(
        household=household, certified_on=today, card_number=_card(card_number.strip(), household.community, today)
    )
    begin(episode, workflow=EPISODE, by=by, action="certify")
    return {"episode": episode}


def _refuse_unless_ended(notice):
    clock = notices.hold(notice)
    notice.clock = clock
    now = timezone.now()
    standing = notices.standing(notice, now)
    if standing == NoticeStanding.ENDED:
        clocks.stop(clock, at=now)
        return
    if standing == NoticeStanding.PUBLIC:
        until = timezone.localtime(clock.due_at).date().isoformat()
        raise StepRefused("action", _("The public notice runs until the end of %(day)s.") % {"day": until})
    if standing == NoticeStanding.OBJECTED:
        waiting = notices.open_objections(notice).count()
        raise StepRefused(
            "action",
            ngettext("%(n)s objection waits for an answer.", "%(n)s objections wait for an answer.", waiting)
            % {"n": waiting},
        )
    raise StepRefused("action", _("The public notice did not end in peace: send the declaration back or reject it."))


def _card(entered, community, today):
    if not entered:
        return f"{community.code}{today.year}{numbers.next_number(CARD_SERIES, community, today.year):04}"
    if ZeroEmploymentEpisode.objects.filter(card_number=entered).exists():
        raise StepRefused("card_number", _("This card number is given out already."))
    return entered


def _end_notice(declaration, action, by):
    """Sent back, rejected or taken back, the household disappears from the public at once."""
    if action in ("send_back", "reject", "withdraw"):
        notices.withdraw(declaration.notice, by=by)


_PREPARED = {"verify": _verified, "publicise": _publicised, "certify": _certified}
