"""A city of two districts with an object of every kind in every place, to try who reaches what."""

import io
import json
import re
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from city import clocks, files
from city.choices import AreaLevel, ClockUnit, RunState, SheetState
from city.ciphers import keyed_hash
from city.models import Area, Finding, Objection, Posting, Run, SheetImport
from city.trail import acting, standing_in
from households.models import Household, LabourSpell, Resident, ResidentFinding
from reports.models import Dashboard
from reports.services import dashboards, policies
from reports.services.night import recompute_status
from reports.synthetic.founding import make_city
from tests.assistance.factories import (
    CaseFactory,
    CourseFactory,
    EnrolmentFactory,
    FollowUpFactory,
    LayoffNoticeFactory,
    LayoffPersonFactory,
    PairingFactory,
    ReferralFactory,
)
from tests.city.factories import NoticeFactory, PostingFactory
from tests.desks import superior
from tests.households.factories import (
    CertificateFactory,
    DeclarationFactory,
    HardshipApplicationFactory,
    HouseholdFactory,
    TransferRequestFactory,
    VisitFactory,
    ZeroEmploymentEpisodeFactory,
)
from tests.placements.factories_allocation import PersonLeftOutFactory, ProposalFactory
from tests.placements.factories_market import EventFactory, JobSeekerFactory, ServicePointFactory, VacancyFactory
from tests.placements.factories_placements import OfferFactory, PlacementFactory
from tests.placements.factories_posts import PlacementBaseFactory, PostFactory, PostPlanFactory, ProjectFactory
from tests.reports.factories import RuleSetFactory
from tests.subsidies.factories import ClaimFactory, ClaimLineFactory, FundFactory, PayeeAccountFactory, RateFactory
from tests.subsidies.factories_payments import (
    BatchItemFactory,
    ClaimDocumentFactory,
    ClawbackFactory,
    PaymentBatchFactory,
)

ROLES = (
    "station_clerk",
    "station_head",
    "street_reviewer",
    "district_officer",
    "finance",
    "city_office",
    "city_leader",
    "system_admin",
    "security_admin",
    "audit_admin",
)
RESIDENTS = 240
_NUMBER = re.compile(r"[0-9]{10,}[0-9Xx]?")


@dataclass(frozen=True)
class Target:
    """What an address names. It lies in `paths` (any of them will do), or belongs to the posting `owner`."""

    args: tuple = ()
    data: tuple = ()
    paths: tuple = ()
    owner: int | None = None
    place: str = ""

    def lies_within(self, posting):
        return not self.paths or any(path.startswith(posting.area.path) for path in self.paths)


class SmallCity:
    def __init__(self):
        self.day = timezone.localdate() - timedelta(days=1)
        self.report = make_city(residents=RESIDENTS, communities=8, seed=5, history_months=6, on=self.day)
        postings = Posting.objects.select_related("staff", "area")
        self.postings = {}
        for account in self.report["accounts"]:
            self.postings.setdefault(account["role"], postings.get(staff__number=account["username"]))
        with standing_in("test"):
            self._places()
            self._numbers()
            self._reports()
            self._objects()

    def _places(self):
        """The clerk's community, one of the same street, of the same district, and of the other district."""
        here = self.postings["station_clerk"].area
        communities = list(Area.objects.communities().select_related("parent__parent").order_by("code"))
        others = [area for area in communities if area.pk != here.pk]
        street, district = here.parent, here.parent.parent
        self.communities = {
            "here": here,
            "sibling": next(area for area in others if area.parent == street),
            "nearby": next(a for a in others if a.parent != street and a.parent.parent == district),
            "elsewhere": next(area for area in others if area.parent.parent != district),
        }
        self.areas = self.communities | {
            "street": street,
            "district": district,
            "city": superior(here, AreaLevel.CITY),
            "other district": self.communities["elsewhere"].parent.parent,
        }

    def _numbers(self):
        """Every resident shown gets a phone and a bank account, so that a page could give them away."""
        self.secrets = {person.id_number for person in Resident.objects.all() if person.id_number}
        for number, person in enumerate(Resident.objects.all()):
            person.phone, person.bank_account = f"139{number:08}", f"62284801{number:011}"
            person.phone_hash = keyed_hash(person.phone)
            person.save(update_fields=["phone", "phone_hash", "bank_account"])
            self.secrets |= {person.phone, person.bank_account}

    def _reports(self):
        for name in policies.presets():
            with acting(reason="load_policy"):
                policies.load(policies.source_of(name), self.areas["city"])
        recompute_status(self.day)
        dashboards.refresh(self.day)

    def _objects(self):
        self.targets = {
            "": [Target()],
            "question": [self._at(place, area, (area.code, "two_ledgers_kept")) for place, area in self._judged()],
            "area": [self._at(place, area, (area.code,)) for place, area in self.areas.items()],
            "figure": [
                self._at(place, area, (area.code, "employment_rate", "denominator"))
                for place, area in self.areas.items()
            ],
            "chart": [
                self._at(place, area, (Dashboard.objects.get(area=area).chart.digest,))
                for place, area in self.areas.items()
                if place in ("district", "city", "other district")
            ],
            "key of figures": [Target(args=("posts",))],
            "key of money": [Target(args=("paid",))],
            "kind roster": [Target(args=("roster",))],
            "kind areas": [Target(args=("areas",))],
            "kind staff": [Target(args=("staff",))],
            "kind calendar": [Target(args=("calendar",))],
            "draft": [Target(args=("visit", "1"))],
            "kind insurance": [Target(args=("insurance",))],
            "kind layoffs": [Target(args=("layoffs",))],
            "kind posts": [Target(args=("posts",))],
            "kind placements": [Target(args=("placements",))],
            "kind vacancies": [Target(args=("vacancies",))],
            "kind job_seekers": [Target(args=("job_seekers",))],
            "kind attendance": [Target(args=("attendance",))],
            "kind bank_results": [Target(args=("bank_results",))],
            "kind subsidy_rates": [Target(args=("subsidy_rates",))],
        }
        for place, area in self.communities.items():
            self._people(place, area)
            self._register(place, area)
            self._sheets(place, area)
            self._prevention(place, area)
            self._casework(place, area)
            self._declared(place, area)
            self._placed(place, area)
            self._market(place, area)
            self._posts(place, area)
            self._proposed(place, area)
            self._paid(place, area)
            self._claimed(place, area)
            self._add("rate", self._at(place, area, (RateFactory(area=area, state="proposed").pk,)))
        for place in ("district", "city", "other district"):
            area = self.areas[place]
            row = RuleSetFactory(area=area, title=f"rules of {area.name}")
            below = tuple(Area.objects.within(area).values_list("path", flat=True))
            self._add("ruleset", Target(args=(row.pk,), paths=below, place=place))
            self._add("fund", Target(args=(FundFactory(area=area, year=2025).pk,), paths=below, place=place))
        self._desks()

    def _judged(self):
        """The shipped rules ask a question about communities alone."""
        return self.communities.items()

    def _at(self, place, area, args):
        return Target(args=args, paths=(area.path,), place=place)

    def _add(self, name, target):
        self.targets.setdefault(name, []).append(target)

    def _people(self, place, area):
        resident = Resident.objects.filter(community=area).order_by("pk").first()
        self._add("resident", self._at(place, area, (resident.pk,)))
        self._finding(place, area, resident)
        household = Household.objects.filter(community=area).order_by("pk").first()
        self._add("household", self._at(place, area, (household.pk,)))
        self._add("community", self._at(place, area, (area.code,)))
        self._add("visit", self._at(place, area, (VisitFactory(household=household, visited_on=self.day).pk,)))
        origin = self.communities["nearby" if place == "here" else "here"]
        mover = Resident.objects.filter(community=origin, transfer_requests=None).order_by("-pk").first()
        transfer = TransferRequestFactory(
            resident=mover, origin=origin, household=household, row=self._claim(mover, household)
        )
        self._add("transfer", Target(args=(transfer.pk,), paths=(area.path, origin.path), place=place))

    def _register(self, place, area):
        """What the station writes into the register of its community, and an application the street sent back."""
        spell = LabourSpell.objects.filter(resident__community=area, started_on__lte=self.day).latest(
            "started_on", "pk"
        )
        resident = spell.resident
        spell = resident.labour_spells.latest("started_on")
        other = Resident.objects.filter(community=area).exclude(pk=resident.pk).order_by("pk").last()
        point = resident.memberships.filter(started_on__lte=self.day).latest("started_on")
        certificate = CertificateFactory(resident=resident)
        application = HardshipApplicationFactory(
            resident=resident, state="returned", proof_file=self._file(PostingFactory(area=area))
        )
        self._add("labour event", self._at(place, area, (resident.pk, "found-work")))
        self._add("spell", self._at(place, area, (spell.pk,)))
        self._add("membership", self._at(place, area, (point.pk,)))
        self._add("certificate", self._at(place, area, (certificate.pk,)))
        self._add("hardship", self._at(place, area, (application.pk,)))
        self._add("duplicates", self._at(place, area, (resident.pk, other.pk)))

    def _finding(self, place, area, resident):
        finding = Finding.objects.create(
            kind="insured_but_unemployed",
            key=resident.id_hash.hex,
            area=area,
            evidence={"month": "2026-10", "state": 2, "since": None, "reason": "", "employers": []},
            found_on=self.day,
            seen_on=self.day,
        )
        ResidentFinding.objects.create(finding=finding, resident=resident)
        self._add("finding", self._at(place, area, (finding.pk,)))

    def _claim(self, mover, household):
        cells = {
            "社区代码": household.community.code,
            "户号": household.number,
            "与户主关系": "其他",
            "姓名": mover.name,
            "身份证号": mover.id_number,
        }
        return json.dumps(cells)

    def _prevention(self, place, area):
        """A course of the street with somebody on it, and a layoff in the street with somebody on its list."""
        person, other = Resident.objects.filter(community=area).order_by("pk")[:2]
        course = CourseFactory(area=area.parent)
        below = tuple(Area.objects.within(area.parent).values_list("path", flat=True))
        self._add("course", Target(args=(course.pk,), paths=below, place=place))
        self._add("trainee", self._at(place, area, (course.pk, other.pk)))
        self._add("enrolment", self._at(place, area, (EnrolmentFactory(course=course, resident=person).pk,)))
        notice = LayoffNoticeFactory(area=area.parent)
        LayoffPersonFactory(notice=notice, resident=person)
        where = (area.path, area.parent.path)
        self._add("notice_of_layoff", Target(args=(notice.pk,), paths=where, place=place))

    def _casework(self, place, area):
        """A person placed with a job introduced and a follow-up due, a household to be planned for, a pairing."""
        person = Resident.objects.filter(community=area).order_by("pk")[2]
        case = CaseFactory(resident=person, community=area, state="placed", placed_on=self.day)
        self._add("case", self._at(place, area, (case.pk,)))
        self._add("printed case", self._at(place, area, ("promise", case.pk)))
        self._add("referral", self._at(place, area, (ReferralFactory(case=case).pk,)))
        self._add("follow_up", self._at(place, area, (FollowUpFactory(case=case, due_on=self.day).pk,)))
        home = HouseholdFactory(community=area, number=f"plan{area.pk}")
        episode = ZeroEmploymentEpisodeFactory(household=home, certified_on=self.day)
        self._add("episode to plan", self._at(place, area, (episode.pk,)))
        self._add("pairing", self._at(place, area, (PairingFactory(household=home).pk,)))

    def _declared(self, place, area):
        """A household on public notice to be certified, and an objection to it that waits for an answer."""
        home = HouseholdFactory(community=area, number=f"declared{area.pk}")
        clock = clocks.start(ClockUnit.WORKING_DAYS, 5)
        notice = NoticeFactory(area=area, clock=clock, columns=["户主"], rows=[["王*"]])
        declaration = DeclarationFactory(
            household=home, state="publicised", visit=VisitFactory(household=home), notice=notice
        )
        objection = Objection.objects.create(notice=notice, words="w", contact="c", received_at=timezone.now())
        self._add("declaration", self._at(place, area, (declaration.pk,)))
        self._add("public notice", Target(args=(notice.pk,), place=place))
        self._add("objection", self._at(place, area, (objection.pk,)))

    def _posts(self, place, area):
        """An application the street's desk waits for, a post held for a resident, a base and a project."""
        holder, other = Resident.objects.filter(community=area, hardship_certifications=None).order_by("pk")[7:9]
        plan = PostPlanFactory(area=area)
        post = PostFactory(area=area, state="reserved", holder=holder, held_until=self.day + timedelta(days=9))
        self._add("plan", self._at(place, area, (plan.pk,)))
        self._add("printed plan", self._at(place, area, ("post_plan", plan.pk)))
        self._add("post", self._at(place, area, (post.pk,)))
        self._add("post and person", self._at(place, area, (post.pk, other.pk)))
        self._add("employer", Target(args=(plan.employer_id,), place=place))
        self._add("base", self._at(place, area, (PlacementBaseFactory(area=area).pk,)))
        self._add("project", self._at(place, area, (ProjectFactory(area=area).pk,)))

    def _proposed(self, place, area):
        """A proposal of the district with a pair: a resident and the post held for another."""
        district = area.parent.parent
        proposal = ProposalFactory(area=district)
        person = Resident.objects.filter(community=area).order_by("pk")[9]
        PersonLeftOutFactory(proposal=proposal, resident=person)
        self._add("proposal", self._at(place, district, (proposal.pk,)))
        self._add("proposal and person", self._at(place, district, (proposal.pk, person.pk)))

    def _paid(self, place, area):
        """A claim the bank has paid by a batch of the district, and money of it asked back."""
        district = area.parent.parent
        resident = Resident.objects.filter(community=area).order_by("pk")[10]
        claim = ClaimFactory(area=area, state="paid", paid_on=self.day, fund=FundFactory(area=area, purpose="post"))
        account = PayeeAccountFactory(employer=claim.employer)
        line = ClaimLineFactory(claim=claim, resident=resident, account=account, approved=Decimal("1245"))
        cashier = PostingFactory(area=district, role="finance")
        batch = PaymentBatchFactory(area=district, made_by=cashier, file=self._file(cashier))
        BatchItemFactory(batch=batch, claim=claim, account=account, state="paid", answered_on=self.day)
        clawback = ClawbackFactory(line=line)
        self._add("paid claim", self._at(place, area, (claim.pk,)))
        self._add("paid line", self._at(place, area, (line.pk,)))
        self._add("batch", self._at(place, district, (batch.pk,)))
        self._add("printed batch", self._at(place, district, ("payment_batch", batch.pk)))
        self._add("clawback", self._at(place, area, (clawback.pk,)))

    def _market(self, place, area):
        """A vacancy nobody published yet and one that is public, a job seeker, a service point and an event."""
        person, other = Resident.objects.filter(community=area).order_by("pk")[3:5]
        vacancy = VacancyFactory(area=area, valid_from=self.day, valid_until=self.day + timedelta(days=30))
        public = VacancyFactory(
            area=area, state="published", valid_from=self.day, valid_until=self.day + timedelta(days=30)
        )
        seeker = JobSeekerFactory(resident=person, registered_on=self.day)
        point = ServicePointFactory(area=area)
        self._add("vacancy", self._at(place, area, (vacancy.pk,)))
        self._add("vacancy and person", self._at(place, area, (vacancy.pk, other.pk)))
        self._add("public vacancy", Target(args=(public.number,), place=place))
        self._add("job seeker", self._at(place, area, (seeker.pk,)))
        self._add("service point", self._at(place, area, (point.pk,)))
        self._add("event", self._at(place, area, (EventFactory(area=area, point=point).pk,)))

    def _placed(self, place, area):
        """Somebody a vacancy lies before, and somebody whose work is to be confirmed."""
        person, other = Resident.objects.filter(community=area).order_by("pk")[5:7]
        offer = OfferFactory(referral__resident=person, referral__case=None, vacancy__area=area)
        placement = PlacementFactory(resident=other, community=area, agreed_from=self.day)
        self._add("offer", self._at(place, area, (offer.pk,)))
        self._add("placement", self._at(place, area, (placement.pk,)))
        self._add("printed placement", self._at(place, area, ("placement", placement.pk)))

    def _claimed(self, place, area):
        """A claim that waits for its check and a draft sent back, each for a resident, with a paper and an account."""
        person = Resident.objects.filter(community=area).order_by("pk")[10]
        account = PayeeAccountFactory(employer=None, resident=person, account=person.bank_account)
        for name, state, month in (("claim", "submitted", 7), ("draft claim", "draft", 8)):
            claim = ClaimFactory(area=area, state=state, employer=None, scheme="flexible", round=2)
            ClaimLineFactory(claim=claim, resident=person, month=date(2026, month, 1), account=account)
            document = ClaimDocumentFactory(claim=claim, resident=person, file=self._file(PostingFactory(area=area)))
            self._add(name, self._at(place, area, (claim.pk,)))
        self._add("claim document", self._at(place, area, (document.pk,)))
        self._add("printed claim", self._at(place, area, ("claim", claim.pk)))

    def _sheets(self, place, area):
        owner = PostingFactory(area=area, role="station_clerk")
        for name, state in (("sheet", SheetState.PREVIEW), ("written_sheet", SheetState.COMMITTED)):
            sheet = SheetImport.objects.create(
                kind="roster", on=self.day, state=state, posting=owner, file=self._file(owner), errors_file=None
            )
            self._add(name, self._at(place, area, (sheet.pk,)))

    def _file(self, posting):
        return files.store("list.csv", b"a", content_type="text/csv", posting=posting)

    def _desks(self):
        """A run, a file and the posting of each of the ten, and of a colleague at each of their desks."""
        for role, posting in self.postings.items():
            colleague = PostingFactory(area=posting.area, role=role)
            for whose, owner in (("own", posting), ("others", colleague)):
                run = Run.objects.create(job="export_board", posting=owner, state=RunState.DONE, result={"rows": 1})
                stored = self._file(owner)
                self._add(f"{whose}_run {role}", Target(args=(run.pk,)))
                self._add(f"{whose}_file {role}", Target(args=(stored.stored_as,)))
                self._add(f"{whose}_posting {role}", Target(data=(("posting", owner.pk),)))

    def targets_of(self, name, role):
        """What a row of the matrix is tried on by this role (a stranger tries what is the clerk's)."""
        return self.targets.get(name) or self.targets[f"{name} {role or 'station_clerk'}"]

    def sign_in(self, client, role):
        client.force_login(self.postings[role].staff)
        return self.postings[role]

    def numbers_in(self, answer):
        """The full ID, phone and bank numbers of residents that the answer gives away."""
        return set(_NUMBER.findall(text_of(answer))) & self.secrets


def text_of(answer):
    """The body as text; a workbook is unpacked first."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"\n".join(book.read(name) for name in book.namelist())
    return body.decode("utf-8", "replace")


def assert_strict_headers(answer, *, signed_in):
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    for part in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert part in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    if signed_in:
        assert "no-store" in answer["Cache-Control"]
    for name, cookie in answer.cookies.items():
        assert cookie["samesite"] == "Lax", name
        assert cookie["httponly"] or not cookie.value, name


class Undone(Exception):
    """Nothing went wrong: what was tried is taken back."""


def tried(client, method, address, data=None, **kwargs):
    """The answer to a request whose writes are taken back."""
    answer = None
    try:
        with transaction.atomic():
            answer = getattr(client, method.lower())(address, data or {}, **kwargs)
            raise Undone
    except Undone:
        return answer
