"""Casework on the desks of those who can sign in: every workflow in every state, taken by the very services.

Only the days of clocks and notices are set back afterwards: a made-up city cannot wait for them to run.
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, count

from django.utils import timezone

from assistance.models import Case, Course, Enrolment, LayoffNotice
from assistance.services import cases, follow_ups, pairings, plans, referrals
from city import findings, notices
from city.choices import PauseReason
from city.models import Area, Clock, Finding, Notice, Posting
from households.choices import (
    CertificateKind,
    DeclarationSource,
    EpisodeState,
    HardshipCategory,
    HouseholdTagKind,
    LabourState,
    ProofKind,
    Source,
    VisitOutcome,
)
from households.hardship import Proposal, evidence, terms_of
from households.models import (
    Declaration,
    HardshipApplication,
    Household,
    LabourSpell,
    LedgerSpan,
    Membership,
    Resident,
    ZeroEmploymentEpisode,
)
from households.services import declarations, hardship, labour, matching, persons, visits
from households.verifying import obstacles
from reports.synthetic.money import Teller, set_policy
from reports.synthetic.offices import Office
from reports.synthetic.posts import Placer, Station, plan_export
from subsidies import doubts

_DAY = timedelta(days=1)
_SHOWN = 5
_FAMILIES = ("夫妻二人与一名子女同住", "与年迈父母同住", "单亲，子女在校就读", "三口之家，一人有慢性病")
_CAUSES = ("laid_off", "contract_ended", "closed", "family", "land", "health")
_WISHES = ("any", "full_time", "part_time", "welfare_post")
_TRAININGS = ("skill", "none", "guiding", "startup")
_SKILLS = ("家政服务", "电工", "缝纫", "驾驶", "保洁", "会计", "")
_ASKED = ("希望在社区附近就业", "想参加培训后再就业", "家中有老人，需要就近的岗位", "愿意接受任何合适的岗位")
_JOBS = (("保洁员", "2600"), ("保安员", "2800"), ("绿化养护工", "2600"), ("仓库理货员", "3200"))
_HARDSHIPS = (
    (HardshipCategory.LONG_TERM, ProofKind.REGISTRATION),
    (HardshipCategory.LANDLESS, ProofKind.LAND),
    (HardshipCategory.LOW_INCOME, ProofKind.LOW_INCOME),
    (HardshipCategory.AGE_4050, ProofKind.ID_CARD),
)
_JOB = {"channel": "employer", "contract_months": 12, "monthly_income": 3000, "insured": True}


@dataclass
class Desk:
    """A community with the postings that work there and above it."""

    community: Area
    clerk: Posting
    head: Posting
    street: Posting
    district: Posting
    finance: Posting


def fill(desks, on, employers, draw, offices):
    """Casework for each desk, as of the day after `on`: today. `employers`: names of employers of the city.

    `offices`: two postings of the city office, who propose and sign what money is paid for.

    The services work on the day they are called: a city of another time has no casework on its desks.
    """
    if not on < timezone.localdate() <= on + 7 * _DAY:
        return
    plan_export(desks[0], on)
    for desk in desks:
        Worker(desk, on, employers, draw).work()
    matching.match(on)
    set_policy(offices, on)
    tellers = [Teller(desk, on) for desk in desks]
    for desk, teller in zip(desks, tellers, strict=True):
        _decide_findings(desk)
        teller.work()
    for teller in tellers:
        teller.reclaim()
    doubts.check(on)


def ids_shown(desks):
    """`{kind: {community code: [ids]}}` of what was made, a few of each."""
    shown = {}
    for desk in desks:
        home = desk.community
        for kind, rows in (
            ("case", Case.objects.filter(community=home)),
            ("course", Course.objects.filter(area=desk.street.area)),
            ("enrolment", Enrolment.objects.filter(resident__community=home)),
            ("declaration", Declaration.objects.filter(household__community=home)),
            ("hardshipapplication", HardshipApplication.objects.filter(resident__community=home)),
            ("layoffnotice", LayoffNotice.objects.filter(area=desk.street.area)),
            ("notice", Notice.objects.filter(area__path__startswith=home.path)),
            ("finding", Finding.objects.filter(area=home)),
        ):
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:_SHOWN])
            if ids:
                shown.setdefault(kind, {})[home.code] = ids
    return shown


class Worker:
    """Does the work of one desk."""

    def __init__(self, desk, on, employers, draw):
        self.desk, self.on, self.employers, self.draw = desk, on, employers, draw
        self.turn = count()
        self.moving = self._moving()
        self.people = chain(self._unemployed(), self._just_out_of_work())
        self.trainees = iter(self._employed())

    def _moving(self):
        """Residents of whom something is recorded for a day to come: what it will be is not ours to say."""
        here = {"resident__community": self.desk.community, "started_on__gt": self.on}
        return {one.resident_id for model in (LabourSpell, Membership) for one in model.objects.filter(**here)}

    def _employed(self):
        """Residents at work whose household has another worker, so that theirs may be lost or bettered."""
        spans = LedgerSpan.objects.filter(community=self.desk.community, state=LabourState.EMPLOYED)
        spans = spans.in_force_on(self.on).of_working_age_on(self.on)
        workers = {}
        for span in spans.select_related("resident").order_by("resident_id"):
            workers.setdefault(span.household_id, []).append(span)
        for spans in workers.values():
            span = spans[-1]
            since = self.on - 60 * _DAY
            if len(spans) > 1 and span.state_since < since and span.resident_id not in self.moving:
                yield span.resident

    def _just_out_of_work(self):
        """When the unemployed are too few for every state a case may be in, some more lose their work."""
        for resident in self.trainees:
            labour.lost_work(
                resident_id=resident.pk,
                on=self.on - 20 * _DAY,
                next_state=LabourState.UNEMPLOYED,
                source=Source.VISIT,
                by=self.desk.clerk,
            )
            labour.register_unemployed(resident_id=resident.pk, on=self.on - 19 * _DAY, by=self.desk.clerk)
            yield resident

    def _unemployed(self):
        """Unemployed residents, one of a household, of households without an open episode."""
        spans = LedgerSpan.objects.filter(community=self.desk.community).in_force_on(self.on).unemployed_on(self.on)
        busy = ZeroEmploymentEpisode.objects.open_on(self.on).values("household")
        spans = spans.filter(state_since__lt=self.on - 10 * _DAY).exclude(household__in=busy)
        seen = set()
        for span in spans.select_related("resident").order_by("resident_id"):
            if span.household_id not in seen and span.resident_id not in self.moving:
                seen.add(span.household_id)
                yield span.resident

    def work(self):
        self._know_everybody()
        self._cases()
        self._declarations()
        self._episodes()
        self._baseline()
        self._hardship()
        Office(self.desk, self.on, self.employers, self.trainees, self.next).work()
        Placer(Station(self.desk, self.people, self._certify, self.next), self.on).work()

    def next(self, choices):
        return choices[next(self.turn) % len(choices)]

    # What is known of people

    def _know_everybody(self):
        spans = LedgerSpan.objects.filter(community=self.desk.community).in_force_on(self.on).unemployed_on(self.on)
        for number, resident_id in enumerate(spans.order_by("resident_id").values_list("resident_id", flat=True)):
            if number % 4 == 3:
                continue
            self._note(resident_id, complete=number % 4 != 2)
        for number, resident in enumerate(Resident.objects.filter(community=self.desk.community).order_by("pk")[:40]):
            if number % 5 == 0:
                persons.add_certificate(
                    resident_id=resident.pk,
                    by=self.desk.clerk,
                    kind=self.next(CertificateKind.values),
                    number=f"{self.desk.community.code}{number:04d}",
                    issued_on=self.on - self.draw.whole(100, 700) * _DAY,
                    issuer=self.desk.street.area.name,
                )

    def _note(self, resident_id, complete=True):
        told = {
            "family": self.next(_FAMILIES),
            "cause": self.next(_CAUSES),
            "work_wish": self.next(_WISHES),
            "training_wish": self.next(_TRAININGS) if complete else "",
            "skills": self.next(_SKILLS),
        }
        persons.note_four_clear(
            resident_id=resident_id,
            noted_on=self.on - 8 * _DAY,
            by=self.desk.clerk,
            source=Source.VISIT,
            **told,
        )

    # Cases

    def _open(self, *, ready=True, accepts_any=False, applied=5):
        """A case of the next person, verifiable when `ready`; None when nobody is left."""
        resident = next(self.people, None)
        if resident is None:
            return None
        if ready:
            self._note(resident.pk)
            if not resident.hardship_certifications.in_force_on(self.on).exists():
                self._certify(resident)
        return cases.open_case(
            resident_id=resident.pk,
            intake=self.next(("window", "visit", "hotline", "self")),
            by=self.desk.clerk,
            applied_on=self.on - applied * _DAY,
            words=self.next(_ASKED),
            accepts_any=accepts_any,
        )

    def _step(self, case, action, by=None, **told):
        case.refresh_from_db()
        return cases.take(case_id=case.pk, action=action, by=by or self.desk.clerk, version=case.version, **told)

    def _cases(self):
        makers = (
            self._applied, self._verified, self._returned, self._promised, self._paused, self._overdue, self._placing,
            self._void, self._placed, self._followed_up, self._closed, self._not_eligible, self._lapsed,
            self._promised, self._applied, self._overdue,
        )  # fmt: skip
        for make in makers:
            make()

    def _applied(self):
        self._open(ready=False, applied=1)

    def _verified(self, **told):
        case = self._open(**told)
        return case and self._step(case, "verify")

    def _returned(self):
        case = self._verified()
        if case:
            self._step(case, "send_back", by=self.desk.street, reason="papers", words="请补充困难证明材料")

    def _promised(self):
        case = self._verified(accepts_any=True, applied=3)
        return case and self._step(case, "commit")

    def _paused(self):
        case = self._promised()
        if case:
            self._step(case, "pause", reason=PauseReason.ILL, words="住院治疗")

    def _overdue(self):
        case = self._promised()
        if case:
            self._set_back(case.commitment.clock, 6)

    def _set_back(self, clock, days):
        Clock.objects.filter(pk=clock.pk).update(
            started_at=clock.started_at - days * _DAY, due_at=clock.due_at - days * _DAY
        )

    def _refer(self, case, days=1):
        job, wage = self.next(_JOBS)
        return referrals.refer(
            case_id=case.pk,
            employer_name=self.next(self.employers),
            job=job,
            monthly_wage=wage,
            referred_on=self.on - days * _DAY,
            by=self.desk.clerk,
        )

    def _placing(self):
        case = self._verified()
        if case:
            self._refer(case)
            for kind in ("policy", "guidance"):
                referrals.serve(case_id=case.pk, kind=kind, provided_on=self.on, by=self.desk.clerk)

    def _void(self):
        case = self._promised()
        for _refusal in range(3 if case else 0):
            referral = self._refer(case)
            referrals.answer(
                referral_id=referral.pk,
                answer="refused_by_person",
                answered_on=self.on,
                reason="dislike",
                by=self.desk.clerk,
            )

    def _placed(self, days=2):
        case = self._verified(accepts_any=True, applied=days + 2)
        case = case and self._step(case, "commit")
        if case:
            job = _JOB | {"employer_name": self.next(self.employers)}
            case.refresh_from_db()
            return cases.place(
                case_id=case.pk, placed_on=self.on - days * _DAY, version=case.version, by=self.desk.clerk, job=job
            )
        return None

    def _followed_up(self):
        case = self._placed(days=9)
        if case:
            for number, one in enumerate(case.follow_ups.order_by("due_on"), start=1):
                case.follow_ups.filter(pk=one.pk).update(due_on=self.on - (9 - number) * _DAY)
                follow_ups.record(follow_up_id=one.pk, done_on=self.on, outcome="works", by=self.desk.clerk)
        return case

    def _closed(self):
        case = self._followed_up()
        if case:
            self._step(case, "close")

    def _not_eligible(self):
        case = self._open(ready=False)
        if case:
            self._step(case, "not_eligible", reason="age")

    def _lapsed(self):
        case = self._verified()
        if case:
            self._step(case, "lapse", reason="moved", words="已迁往外地")

    # Zero-employment households

    def _episodes(self):
        episodes = ZeroEmploymentEpisode.objects.filter(
            household__community=self.desk.community, state=EpisodeState.CERTIFIED
        )
        for episode in episodes.order_by("-pk")[:1]:
            able = plans.able_members(episode.household, self.on + _DAY)
            plan = {"measure": "one_to_one", "goal": "一个月内实现一人稳定就业", "by_when": self.on + 30 * _DAY}
            plans.save_plans(
                episode_id=episode.pk,
                version=episode.version,
                responsible=self.desk.head.staff,
                household_plan=plan,
                member_plans={one.pk: plan | {"goal": "参加技能培训，推荐三个岗位"} for one in able},
                by=self.desk.clerk,
            )
            pairings.pair(
                helper=self.next(("区总工会", "市第一医院", "街道办事处副主任")),
                kind="organisation",
                community=self.desk.community,
                household=episode.household,
                started_on=self.on,
                by=self.desk.street,
            )

    def _without_work(self):
        """Households that nobody has certified although nobody in them works."""
        seen_on = self.on - _DAY
        spans = LedgerSpan.objects.filter(community=self.desk.community).in_force_on(seen_on).zero_employment(seen_on)
        declared = Household.objects.filter(declarations__isnull=False)
        homes = Household.objects.filter(pk__in=spans.values("household")).exclude(pk__in=declared).order_by("pk")
        return (home for home in list(homes) if not obstacles(home.pk, self.on - _DAY))

    def _lose_jobs(self, number):
        """Some households lose their only job, so that there is something to declare."""
        spans = LedgerSpan.objects.filter(community=self.desk.community).in_force_on(self.on)
        alone = {}
        for span in spans.order_by("household_id", "pk").values("household_id", "state", "resident_id", "state_since"):
            alone.setdefault(span["household_id"], []).append(span)
        busy = set(Case.objects.filter(community=self.desk.community).values_list("resident_id", flat=True))
        left = number
        for members in alone.values():
            fit = (
                len(members) <= 2
                and sum(one["state"] == LabourState.EMPLOYED for one in members) == 1
                and all(one["state"] in (LabourState.EMPLOYED, LabourState.UNEMPLOYED) for one in members)
            )
            worker = next((one for one in members if one["state"] == LabourState.EMPLOYED), None)
            fit = fit and not self.moving.intersection(one["resident_id"] for one in members)
            if not fit or worker["resident_id"] in busy or worker["state_since"] > self.on - 30 * _DAY:
                continue
            labour.lost_work(
                resident_id=worker["resident_id"],
                on=self.on - 12 * _DAY,
                next_state=LabourState.UNEMPLOYED,
                source=Source.VISIT,
                by=self.desk.clerk,
            )
            left -= 1
            if not left:
                return

    def _declarations(self):
        self._lose_jobs(8)
        homes = self._without_work()
        for course in (
            (), ("verify",), ("verify", "publicise"), ("verify", "send_back"), ("verify", "reject"), ("withdraw",),
            ("verify", "publicise", "certify", "find_work"), ("verify", "publicise", "certify"),
        ):  # fmt: skip
            home = next(homes, None)
            if home is None:
                return
            self._declare(home, [step for step in course if step != "find_work"])
            if "find_work" in course:
                self._find_work(home)

    def _find_work(self, home):
        """By a sheet, so that the household may be eliminated and somebody has to confirm it."""
        spans = LedgerSpan.objects.in_force_on(self.on).unemployed_on(self.on).filter(household=home)
        labour.found_work(
            resident_id=spans.order_by("resident_id").first().resident_id,
            on=self.on,
            source=Source.ROSTER,
            by=self.desk.clerk,
            **_JOB | {"employer_name": self.next(self.employers)},
        )

    def _baseline(self):
        """Households whose first episode lies longest back were found when the city was first surveyed."""
        episodes = ZeroEmploymentEpisode.objects.filter(household__community=self.desk.community)
        first = episodes.order_by("household", "certified_on").exclude(eliminated_on=None)
        seen = {}
        for episode in first:
            seen.setdefault(episode.household_id, episode.certified_on)
        for household_id, certified_on in sorted(seen.items(), key=lambda pair: pair[1])[:6]:
            persons.tag_household(
                household_id=household_id, by=self.desk.clerk, kind=HouseholdTagKind.BASELINE, started_on=certified_on
            )

    def _declare(self, home, steps):
        declaration = declarations.declare(
            household_id=home.pk,
            source=self.next((DeclarationSource.SELF, DeclarationSource.DATA, DeclarationSource.HOTLINE)),
            declared_on=self.on - 3 * _DAY,
            by=self.desk.clerk,
            words="家中无人就业，申请认定零就业家庭",
        )
        if "verify" in steps:
            visits.record_visit(
                household_id=home.pk,
                by=self.desk.clerk,
                visited_on=self.on - _DAY,
                outcome=VisitOutcome.COMPLETED,
                nothing_changed=True,
                note="入户核实，家中确无人就业",
            )
        told = {
            "send_back": {"reason": "states", "words": "请核对成员就业状态"},
            "reject": {"reason": "income", "words": "家中有经营收入"},
            "withdraw": {"reason": "other"},
        }
        for action in steps:
            declaration.refresh_from_db()
            if action == "certify":
                self._end(declaration.notice)
            by = self.desk.clerk if action in ("verify", "withdraw") else self.desk.street
            declarations.take(
                declaration_id=declaration.pk,
                action=action,
                by=by,
                version=declaration.version,
                **told.get(action, {}),
            )
        if steps == ["verify", "publicise"]:
            declaration.refresh_from_db()
            notices.object_to(declaration.notice, "据了解，该户有人在外务工。", "邻居 15400000000")

    def _end(self, notice):
        self._set_back(notice.clock, 14)

    # Hardship persons

    def _propose(self, resident):
        return hardship.propose(
            resident_id=resident.pk,
            proposal=Proposal(**self._hardship_of(resident), valid_until=self.on + 365 * _DAY),
            by=self.desk.clerk,
        )

    def _hardship_of(self, resident):
        """A category that the register bears out."""
        terms = terms_of(resident.community, self.on)
        for category, proof in _HARDSHIPS:
            if all(fact.fits is not False for fact in evidence(resident, category, terms, self.on)):
                return {"category": category, "proof": proof}
        words = "家庭主要劳动力失业，生活困难"
        return {"category": HardshipCategory.OTHER, "proof": ProofKind.OTHER, "proof_words": words}

    def _certify(self, resident):
        self._decide(self._propose(resident), "certify")

    def _decide(self, application, action, **told):
        hardship.decide(
            application_id=application.pk, action=action, by=self.desk.street, version=application.version, **told
        )

    def _hardship(self):
        for action, told in (
            (None, {}),
            (None, {}),
            ("certify", {}),
            ("send_back", {"reason": "proof"}),
            ("refuse", {"reason": "conditions", "words": "不符合条件"}),
        ):
            resident = self._uncertified()
            if resident is None:
                return
            application = self._propose(resident)
            if action:
                self._decide(application, action, **told)

    def _uncertified(self):
        for resident in self.people:
            if not resident.hardship_certifications.in_force_on(self.on).exists():
                return resident
        return None


def _decide_findings(desk):
    """One difference explained; the rest wait."""
    one = Finding.objects.open().filter(area=desk.community).order_by("pk").first()
    if one is not None:
        reason = findings.kind_named(one.kind).reasons.values[0]
        findings.explain(finding=one, reason=reason, words="已入户核实", by=desk.clerk, version=one.version)
