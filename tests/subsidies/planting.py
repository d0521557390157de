"""A year of claims that nothing speaks against, harmless oddities among them, and suspects of every kind among them.

Every person is planted with one thing at most, so that which lines must be found is known to the line.
"""

import random
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial

from django.utils import timezone

from assistance.models import Attendance, Course, Enrolment
from city.choices import AreaLevel, EmployerKind
from city.models import Area, Employer, Move, Staff
from city.rules import add_months
from households import ledger
from households.choices import Channel, LabourState, OutsideKind, Relation
from households.models import Household, InsuranceMonth, LabourSpell, Membership, OutsideFact, Resident
from placements.models import Business
from subsidies.choices import Basis, ClaimState, Doubt, FundSource, Scheme
from subsidies.models import Claim, ClaimLine, Fund, PayeeAccount
from subsidies.rules import Terms, compute, last_day_of
from subsidies.workflow import CLAIM

FIRST, MONTHS = date(2025, 7, 1), 12
YEAR = [add_months(FIRST, number) for number in range(MONTHS)]
LAST = YEAR[-1]
ON = date(2026, 7, 20)
BEFORE = date(2024, 1, 1)
_STAFF_OF_ONE, _TRAVEL_DAYS = 40, 3
_BATCH = 5_000
_BY_WAGE = Terms(Basis.MINIMUM_WAGE, "文件1", 1, BEFORE, share=Fraction(1, 2))
_BY_DAYS = Terms(Basis.DAYS, "文件2", 2, BEFORE, amount=Decimal(5))
#: One thing planted makes so many lines doubtful.
_SEVERAL = {Doubt.EXCLUDED: 2, Doubt.DISTRICT: 4, Doubt.ACCOUNT: 2, Doubt.INSIDER: 3}
_FACTS = {
    Doubt.DIED: OutsideKind.DEATH,
    Doubt.PENSION: OutsideKind.PENSION,
    Doubt.BUSINESS: OutsideKind.BUSINESS,
    Doubt.PRISON: OutsideKind.PRISON,
}


@dataclass(eq=False)
class Person:
    resident: Resident
    household: Household
    employer: Employer | None
    schemes: tuple
    district: int
    enrolment: Enrolment | None = None
    account: PayeeAccount | None = None
    oddity: str = ""
    lines: dict = field(default_factory=dict)


class Planting:
    """`lines` lines in all (roughly), of them `suspects` doubtful ones; `planted`: {kind: set of line ids}."""

    def __init__(self, lines, suspects, seed=7):
        self._draw = random.Random(seed)
        self._claims = {}
        self._new = defaultdict(list)
        self.planted = defaultdict(list)
        self._make_city()
        self._make_persons(lines)
        self._write_persons()
        self._claim()
        self._plant(suspects)
        self._save()
        ledger.rebuild()

    def _make_city(self):
        self._city = self._area(AreaLevel.CITY, None, "350000000000")
        self._communities = []
        for number in range(1, 5):
            district = self._area(AreaLevel.DISTRICT, self._city, f"3500{number:02}000000")
            street = self._area(AreaLevel.STREET, district, f"3500{number:02}001000")
            self._communities.append(self._area(AreaLevel.COMMUNITY, street, f"3500{number:02}001001"))
        self._staff = Staff.objects.create(number="planting", name="经办人", password="!")
        self._dispatcher = Employer.objects.create(
            credit_code="91350000DISPATCH1X", name="派遣公司", kind=EmployerKind.DISPATCH
        )
        self._stranger = Employer.objects.create(credit_code="91350000STRANGER1X", name="别家公司")
        self._fund = Fund.objects.create(area=self._city, source=FundSource.EMPLOYMENT, year=2026, allotted=10**9)
        self._course = Course.objects.create(
            number="planted", title="焊工", kind="skill", provider="学校", area=self._city,
            starts_on=FIRST, ends_on=ON, places=30_000,
        )  # fmt: skip

    def _area(self, level, parent, code):
        area = Area.objects.create(level=level, parent=parent, code=code, name=f"{level}{code}")
        area.path = f"{parent.path if parent else '/'}{area.pk}/"
        area.save()
        return area

    def _make_persons(self, lines):
        """Of a hundred: sixty with a post subsidy, fifteen with both, fifteen by themselves, five at a course, five
        with something about them that is no doubt."""
        self.persons, number, count = [], 0, 0
        while count < lines:
            share, district = number % 100, number // _STAFF_OF_ONE % len(self._communities)
            schemes, oddity = (Scheme.POST,), ""
            if share >= 95:
                oddity = ("began", "sent", "own", "pension_later", "closed")[share - 95]
                schemes = (Scheme.FLEXIBLE,) if oddity == "own" else (Scheme.POST,)
            elif share >= 90:
                schemes = (Scheme.TRANSPORT,)
            elif share >= 75:
                schemes = (Scheme.FLEXIBLE,)
            elif share >= 60:
                schemes = (Scheme.POST, Scheme.INSURANCE)
            self._add_person(number, schemes, district, oddity)
            number, count = number + 1, count + MONTHS * len(schemes)

    def _add_person(self, number, schemes, district, oddity=""):
        born = date(1980, 1, 1) + timedelta(days=number % 3000)
        resident = Resident(
            name=f"人{number}", initials="r", sex="male", birth_date=born, works_from=add_months(born, 192),
            retires_on=add_months(born, 12 * 63), id_hash=uuid.UUID(int=self._draw.getrandbits(128)),
            community=self._communities[district],
        )  # fmt: skip
        household = Household(community=self._communities[district], number=str(number + 1))
        by_employer = schemes[0] in (Scheme.POST, Scheme.INSURANCE)
        employer = self._employer(number // _STAFF_OF_ONE) if by_employer else None
        person = Person(resident, household, employer, schemes, district, oddity=oddity)
        self.persons.append(person)
        return person

    def _employer(self, number):
        if number not in self._claims.setdefault("employers", {}):
            self._claims["employers"][number] = Employer(credit_code=f"91350000MA{number:08}", name=f"公司{number}")
        return self._claims["employers"][number]

    def _write_persons(self):
        Employer.objects.bulk_create(self._claims.pop("employers").values())
        Resident.objects.bulk_create([one.resident for one in self.persons], batch_size=_BATCH)
        Household.objects.bulk_create([one.household for one in self.persons], batch_size=_BATCH)
        for one in self.persons:
            self._new[Membership].append(
                Membership(resident=one.resident, household=one.household, started_on=BEFORE, relation=Relation.HEAD)
            )
            self._describe(one)
        enrolments = [one.enrolment for one in self.persons if one.enrolment]
        Enrolment.objects.bulk_create(enrolments, batch_size=_BATCH)
        PayeeAccount.objects.bulk_create([one.account for one in self.persons if one.account], batch_size=_BATCH)

    def _describe(self, one):
        """What ledger and insurance office know of a person, oddities included."""
        own = {Scheme.FLEXIBLE: Channel.FLEXIBLE}.get(one.schemes[0], Channel.EMPLOYER)
        channel = {"sent": Channel.DISPATCH, "own": Channel.SELF_EMPLOYED}.get(one.oddity, own)
        since, payer = BEFORE, one.employer
        if one.oddity == "sent":
            payer = self._dispatcher
        if one.oddity == "began":
            # On the tenth of the first month, from another employer that still pays for that month.
            since = FIRST.replace(day=10)
            self._spell(one, BEFORE, employer=self._stranger, channel=Channel.EMPLOYER)
        if one.schemes != (Scheme.TRANSPORT,):
            self._spell(one, since, employer=one.employer, channel=channel, insured=True)
            for month in YEAR:
                paying = self._stranger if one.oddity == "began" and month == FIRST else payer
                self._insure(one, month, paying)
        else:
            one.enrolment = Enrolment(course=self._course, resident=one.resident, enrolled_on=FIRST)
        if one.employer is None:
            one.account = self._account(one, uuid.uuid4())
        if one.oddity == "own":
            self._new[Business].append(
                Business(name="小店", owner=one.resident, area=one.household.community, opened_on=BEFORE)
            )
        if one.oddity == "pension_later":
            self._fact(one, OutsideKind.PENSION, add_months(LAST, 1))
        if one.oddity == "closed":
            self._fact(one, OutsideKind.BUSINESS, BEFORE, FIRST - timedelta(days=1))

    def _spell(self, one, since, **values):
        self._new[LabourSpell].append(
            LabourSpell(
                resident=one.resident, started_on=since, confirmed_on=since,
                **{"state": LabourState.EMPLOYED, **values},
            )
        )  # fmt: skip

    def _insure(self, one, month, payer):
        self._new[InsuranceMonth].append(
            InsuranceMonth(
                id_hash=one.resident.id_hash, month=month, base=Decimal(4800),
                credit_code=payer.credit_code if payer else "", employer_name=payer.name if payer else "",
            )
        )  # fmt: skip

    def _fact(self, one, kind, since, until=None):
        self._new[OutsideFact].append(
            OutsideFact(id_hash=one.resident.id_hash, kind=kind, started_on=since, ended_on=until, source="省平台")
        )

    def _account(self, one, account_hash):
        return PayeeAccount(
            resident=one.resident, holder=one.resident.name, bank="银行", account="6222", account_hash=account_hash,
            entered_by=self._staff, entered_at=timezone.now(),
        )  # fmt: skip

    def _claim(self):
        """A claim a quarter for every employer and scheme; persons by themselves share one a quarter and district."""
        for one in self.persons:
            for scheme in one.schemes:
                for month in YEAR:
                    self._line(one, scheme, month)

    def _line(self, one, scheme, month, *, district=None, quarter=True, state=ClaimState.SUBMITTED):
        first = add_months(month, -((month.month - 1) % 3)) if quarter else month
        district = one.district if district is None else district
        # What is put in afterwards stands in claims of its own.
        key = (scheme, one.employer or district, first, district, quarter, state, "" if quarter else one)
        if key not in self._claims:
            self._claims[key] = Claim(
                number=f"SQ{len(self._claims):07}", scheme=scheme, area=self._communities[district],
                employer=one.employer, period_from=first, period_to=add_months(first, 2) if quarter else month,
                state=state, entered_on=add_months(first, 3), submitted_at=timezone.now(), fund=self._fund,
                paid_on=ON if state == ClaimState.PAID else None,
            )  # fmt: skip
        days = scheme == Scheme.TRANSPORT
        computed = compute(_BY_DAYS, _TRAVEL_DAYS) if days else compute(_BY_WAGE, 2490)
        line = ClaimLine(
            claim=self._claims[key], resident=one.resident, scheme=scheme, month=month, occasion=f"{month:%Y-%m}",
            enrolment=one.enrolment, account=one.account, asked=computed.amount, computed=computed.amount,
            basis=computed.basis, basis_digest=computed.digest,
        )  # fmt: skip
        if days and one.enrolment:
            self._new[Attendance] += [
                Attendance(enrolment=one.enrolment, day=month.replace(day=day)) for day in range(1, _TRAVEL_DAYS + 1)
            ]
        one.lines[scheme, month] = line
        self._new[ClaimLine].append(line)
        return line

    def _plant(self, suspects):
        ways = {
            **dict.fromkeys(_FACTS, (self._plant_fact, Scheme.POST)),
            Doubt.RETIRED: (self._plant_retired, Scheme.POST),
            Doubt.ELSEWHERE: (self._plant_elsewhere, Scheme.POST),
            Doubt.NOT_THERE: (self._plant_not_there, Scheme.POST),
            Doubt.EXCLUDED: (self._plant_excluded, Scheme.POST),
            Doubt.USED_UP: (self._plant_used_up, Scheme.POST),
            Doubt.DISTRICT: (self._plant_district, Scheme.POST),
            Doubt.ACCOUNT: (self._plant_account, Scheme.FLEXIBLE),
            Doubt.ATTENDANCE: (self._plant_attendance, Scheme.TRANSPORT),
            Doubt.NOT_INSURED: (self._plant_not_insured, Scheme.INSURANCE),
            Doubt.INSIDER: (self._plant_insider, Scheme.POST),
        }
        share = suspects // 20
        rest = suspects - sum(share // width * width for width in _SEVERAL.values())
        single = [kind for kind in ways if kind not in _SEVERAL]
        wanted = {kind: share // width for kind, width in _SEVERAL.items()}
        wanted |= {kind: rest // len(single) + (place < rest % len(single)) for place, kind in enumerate(single)}
        pools = self._pools()
        for kind, number in wanted.items():
            plant, scheme = ways[kind]
            for _number in range(number):
                self._expected = self.planted[kind]
                plant(pools[scheme].pop(), kind)

    def _pools(self):
        plain = [one for one in self.persons if not one.oddity]
        self._draw.shuffle(plain)
        pools = defaultdict(list)
        for one in plain:
            pools[one.schemes[-1]].append(one)
        return pools

    def _expect(self, *lines):
        self._expected.extend(lines)

    def _plant_fact(self, one, kind):
        self._fact(one, _FACTS[kind], LAST + timedelta(days=self._draw.randrange(0, 10)))
        self._expect(one.lines[Scheme.POST, LAST])

    def _plant_retired(self, one, _kind):
        one.resident.retires_on = last_day_of(LAST)
        self._new["retired"].append(one.resident)
        self._expect(one.lines[Scheme.POST, LAST])

    def _plant_elsewhere(self, one, _kind):
        month = self._draw.choice(YEAR)
        self._insure(one, month, self._stranger)
        self._expect(one.lines[Scheme.POST, month])

    def _plant_not_there(self, one, _kind):
        left = LAST + timedelta(days=self._draw.randrange(0, 14))
        self._spell(one, left, state=LabourState.UNEMPLOYED)
        self._expect(one.lines[Scheme.POST, LAST])

    def _plant_excluded(self, one, _kind):
        month = self._draw.choice(YEAR)
        self._expect(one.lines[Scheme.POST, month], self._line(one, Scheme.POST_PURCHASE, month, quarter=False))

    def _plant_used_up(self, one, _kind):
        self._line(one, Scheme.POST, add_months(LAST, -36), quarter=False, state=ClaimState.PAID)
        self._spell(one, add_months(LAST, -40), employer=one.employer, channel=Channel.EMPLOYER)
        self._expect(one.lines[Scheme.POST, LAST])

    def _plant_district(self, one, _kind):
        """In another district for one month: the quarter claimed here overlaps it."""
        month = self._draw.choice(YEAR)
        other = self._line(one, Scheme.INSURANCE, month, district=(one.district + 1) % 4, quarter=False)
        first = add_months(month, -((month.month - 1) % 3))
        self._expect(other, *(one.lines[Scheme.POST, add_months(first, number)] for number in range(3)))

    def _plant_account(self, one, _kind):
        """Two of one home who gave the same account for the last month; the one before was each one's own."""
        number = uuid.uuid4()
        for _place in range(2):
            extra = self._extra(one, number)
            self._expect(self._line(extra, Scheme.FLEXIBLE, LAST, quarter=False))

    def _extra(self, one, account_hash):
        extra = self._add_person(10**7 + len(self.persons), (Scheme.FLEXIBLE,), one.district)
        extra.household = one.household
        extra.resident.save()
        self._new[Membership].append(
            Membership(resident=extra.resident, household=one.household, started_on=BEFORE, relation=Relation.CHILD)
        )
        self._describe(extra)
        extra.account.account_hash = account_hash
        extra.account.save()
        return extra

    def _plant_attendance(self, one, _kind):
        month = self._draw.choice(YEAR)
        self._new["missed"].append((one.enrolment.pk, month))
        self._expect(one.lines[Scheme.TRANSPORT, month])

    def _plant_not_insured(self, one, _kind):
        month = self._draw.choice(YEAR)
        self._new["absent"].append((one.resident.id_hash, month))
        self._expect(one.lines[Scheme.INSURANCE, month])

    def _plant_insider(self, one, _kind):
        """Somebody of the same home entered the last quarter's claim."""
        staff = Staff.objects.create(
            number=f"planted{one.resident.pk}", name="家人", password="!", id_hash=one.resident.id_hash
        )
        self._new["steps"].append((one.lines[Scheme.POST, LAST].claim, staff))
        self._expect(*(one.lines[Scheme.POST, month] for month in YEAR[-3:]))

    def _save(self):
        absent, missed = set(self._new.pop("absent")), set(self._new.pop("missed"))
        retired, steps = self._new.pop("retired"), self._new.pop("steps")
        self._new[InsuranceMonth] = [
            row for row in self._new[InsuranceMonth] if (row.id_hash, row.month) not in absent
        ]
        self._new[Attendance] = [row for row in self._new[Attendance] if (row.enrolment_id, row.day) not in missed]
        Resident.objects.bulk_update(retired, ["retires_on"])
        Claim.objects.bulk_create(self._claims.values(), batch_size=_BATCH)
        for model, rows in self._new.items():
            model.objects.bulk_create(rows, batch_size=_BATCH)
        taken = [(claim, self._staff) for claim in self._claims.values()] + steps
        step = partial(Move, workflow=CLAIM.name, action="enter", to_state="draft", at=timezone.now())
        Move.objects.bulk_create([step(key=claim.pk, staff=staff) for claim, staff in taken], batch_size=_BATCH)
        self.planted = {kind: {line.pk for line in lines} for kind, lines in self.planted.items()}
        self.count = len(self._new[ClaimLine])
