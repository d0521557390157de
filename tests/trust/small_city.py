"""A city of two districts with an object of every kind in every place, to try who reaches what."""

import io
import json
import re
import zipfile
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from city import files
from city.choices import AreaLevel, RunState, SheetState
from city.ciphers import keyed_hash
from city.models import Area, Posting, Run, SheetImport
from city.trail import acting, standing_in
from households.models import Household, Resident
from reports.models import Dashboard
from reports.services import dashboards, policies
from reports.services.night import recompute_status
from reports.synthetic.founding import make_city
from tests.city.factories import PostingFactory
from tests.desks import superior
from tests.households.factories import TransferRequestFactory
from tests.reports.factories import RuleSetFactory

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
            "kind roster": [Target(args=("roster",))],
            "kind areas": [Target(args=("areas",))],
            "kind staff": [Target(args=("staff",))],
            "kind calendar": [Target(args=("calendar",))],
        }
        for place, area in self.communities.items():
            self._people(place, area)
            self._sheets(place, area)
        for place in ("district", "city", "other district"):
            area = self.areas[place]
            row = RuleSetFactory(area=area, title=f"rules of {area.name}")
            below = tuple(Area.objects.within(area).values_list("path", flat=True))
            self._add("ruleset", Target(args=(row.pk,), paths=below, place=place))
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
        household = Household.objects.filter(community=area).order_by("pk").first()
        self._add("household", self._at(place, area, (household.pk,)))
        origin = self.communities["nearby" if place == "here" else "here"]
        mover = Resident.objects.filter(community=origin, transfer_requests=None).order_by("-pk").first()
        transfer = TransferRequestFactory(
            resident=mover, origin=origin, household=household, row=self._claim(mover, household)
        )
        self._add("transfer", Target(args=(transfer.pk,), paths=(area.path, origin.path), place=place))

    def _claim(self, mover, household):
        cells = {
            "社区代码": household.community.code,
            "户号": household.number,
            "与户主关系": "其他",
            "姓名": mover.name,
            "身份证号": mover.id_number,
        }
        return json.dumps(cells)

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
