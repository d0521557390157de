"""What the street and other offices bring to a station: courses, layoff warnings, and what insurance knows."""

from datetime import timedelta
from itertools import islice

from assistance.models import LayoffPerson
from assistance.services import layoffs, training
from city.models import Employer
from households.choices import LabourState
from households.models import InsuranceMonth, LedgerSpan, OutsideFact

_DAY = timedelta(days=1)
_UP_TO = {
    last: ("approve", "open", "start", "complete", "assess")[: place + 1]
    for place, last in enumerate(("approve", "open", "start", "complete", "assess"))
}
_DUTIES = ("操作工", "质检员", "仓管员", "文员")
_COURSES = (
    ("家政服务员初级班", "skill", "家政"),
    ("电工上岗班", "skill", "电工"),
    ("创业意识培训班", "startup", "创业"),
    ("求职引导班", "guiding", ""),
)


class Office:
    """Brings work to one desk; `trainees` are residents whose work may be bettered, `choose` takes one in turn."""

    def __init__(self, desk, on, employers, trainees, choose):
        self.desk, self.on, self.employers, self.trainees, self.next = desk, on, employers, trainees, choose

    def work(self):
        self._courses()
        self._layoffs()
        self._outside()

    # Training

    def _courses(self):
        for number, last in enumerate(
            (None, "approve", "open", "start", "complete", "assess", "cancel"),
        ):
            course = self._course(number)
            for action in () if last is None else ("approve",) if last == "cancel" else _UP_TO[last]:
                if action == "complete":
                    self._results(course)
                course = self._course_step(course, action)
                if action == "open":
                    self._enrol(course)
            if last == "cancel":
                self._course_step(course, "cancel", reason="too_few")

    def _course(self, number):
        title, kind, trade = self.next(_COURSES)
        past = number >= 3
        starts_on = self.on - 60 * _DAY if past else self.on + 10 * _DAY
        values = {
            "title": title,
            "kind": kind,
            "trade": trade,
            "provider": "市职业技能培训中心",
            "starts_on": starts_on,
            "ends_on": starts_on + 20 * _DAY,
            "places": 30,
        }
        return training.plan_course(values=values, by=self.desk.street)

    def _course_step(self, course, action, **told):
        course.refresh_from_db()
        by = self.desk.district if action in ("approve", "assess") else self.desk.street
        words = "结业率和就业率均达到要求" if action == "assess" else ""
        return training.take_course_step(
            course=course, action=action, by=by, version=course.version, words=words, **told
        )

    def _enrol(self, course):
        for resident in islice(self.trainees, 4):
            training.enrol(course_id=course.pk, resident=resident, by=self.desk.clerk)

    def _results(self, course):
        enrolments = list(course.enrolments.order_by("pk"))
        results = [
            (one, one.version, course.ends_on, f"ZS{course.pk:04d}{one.pk:05d}", course.ends_on + 5 * _DAY)
            for one in enrolments[:-1]
        ]
        if results:
            training.record_results(course=course, results=results, by=self.desk.street)
        for jobs, one in enumerate(enrolments[:-1][:2] if course.kind == "startup" else (), start=2):
            one.refresh_from_db()
            started_on = course.ends_on + 10 * _DAY
            training.record_business(
                enrolment=one, started_on=started_on, jobs_created=jobs, by=self.desk.street, version=one.version
            )
        for one in enrolments[-1:]:
            training.leave_course(
                enrolment=one, action="drop", by=self.desk.clerk, version=one.version, reason="found_work"
            )

    # Layoff warnings

    def _layoffs(self):
        employers = Employer.objects.order_by("pk")
        first = self.desk.community.pk
        for number, steps in enumerate(((), ("report",), ("report", "assess"), ("report", "assess", "intervene"))):
            employer = employers[(first + number) % employers.count()]
            notice = layoffs.draw_up(
                credit_code=employer.credit_code,
                employer_name=employer.name,
                area=self.desk.street.area,
                by=self.desk.street,
                values={
                    "staff_total": 180,
                    "planned": 25,
                    "planned_on": self.on + 45 * _DAY,
                    "words": "订单减少，拟裁减部分人员",
                    "union_heard": number > 1,
                },
            )
            if not self._listed(notice):
                continue
            for action in steps:
                notice.refresh_from_db()
                layoffs.take_layoff_step(
                    notice=notice,
                    action=action,
                    by=self.desk.street,
                    version=notice.version,
                    words="请优先留用家中无其他就业人员的职工" if action == "intervene" else "",
                    on=self.on if action == "report" else None,
                )

    def _listed(self, notice):
        """How many of the station's residents stand on the list of staff."""
        spans = LedgerSpan.objects.filter(community=self.desk.community, state=LabourState.EMPLOYED)
        taken = LayoffPerson.objects.values("resident")
        spans = spans.in_force_on(self.on).of_working_age_on(self.on).exclude(resident__in=taken)
        spans = list(spans.filter(spell__channel="employer").select_related("resident").order_by("pk")[:6])
        for span in spans:
            layoffs.add_person(
                notice=notice,
                name=span.resident.name,
                id_number=span.resident.id_number,
                job=self.next(_DUTIES),
                by=self.desk.street,
            )
        return len(spans)

    # What other offices know

    def _outside(self):
        """An insured month that fits most of the employed and some of the unemployed, and a few outside facts."""
        month = (self.on.replace(day=1) - _DAY).replace(day=1)
        spans = LedgerSpan.objects.filter(community=self.desk.community).in_force_on(self.on)
        spans = spans.of_working_age_on(self.on).select_related("resident", "spell__employer").order_by("pk")
        rows, facts = [], []
        for number, span in enumerate(spans):
            works = span.state == LabourState.EMPLOYED
            if span.resident.id_hash is None or not (works and number % 15 or not works and number % 40 == 7):
                continue
            employer = span.spell.employer if works else None
            rows.append(
                InsuranceMonth(
                    id_hash=span.resident.id_hash,
                    month=month,
                    credit_code=employer.credit_code if employer else "",
                    employer_name=employer.name if employer else self.next(self.employers),
                    kinds="养老、医疗、失业",
                    base=4462,
                )
            )
            if number % 90 == 1:
                facts.append((span.resident.id_hash, self.next(("business", "insured_elsewhere", "pension", "death"))))
        InsuranceMonth.objects.bulk_create(rows)
        OutsideFact.objects.bulk_create(
            OutsideFact(
                id_hash=key,
                kind=kind,
                started_on=month,
                place=self.next(self.employers) if kind in ("business", "insured_elsewhere") else "",
                source="数据比对",
            )
            for key, kind in facts
        )
