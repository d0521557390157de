"""Posts and placements on the desks of those who can sign in, in every state, made by the very services.

Only the days from which posts are empty, vacancies are known and people seek are set back afterwards.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import islice

from city.choices import EmployerKind
from city.models import Area, Employer, Parameter
from households.choices import Channel, LabourState, Source
from households.services import labour
from placements.choices import (
    Destination,
    DropReason,
    EventKind,
    FundingLevel,
    Hours,
    PlacementEnd,
    PlanReason,
    PointKind,
    PostCategory,
    PostEnd,
    PostField,
    SeekerEnd,
    TransferReason,
    VacancyEnd,
)
from placements.models import (
    Event,
    JobSeeker,
    Placement,
    PlacementBase,
    Post,
    PostPlan,
    PostTransfer,
    Project,
    Proposal,
    ServicePoint,
    Vacancy,
)
from placements.services import allocation, employers, events, offers, placements, posts, reporting, seekers, vacancies

_DAY = timedelta(days=1)
_SHOWN = 5
_WORK = {
    PostCategory.CLEANING: ("保洁员", PostField.COMMUNITY, "小区一期"),
    PostCategory.SECURITY: ("治安巡逻员", PostField.ORDER, "小区门岗"),
    PostCategory.GREENING: ("绿化养护员", PostField.COMMUNITY, "街心花园"),
    PostCategory.CARE: ("助老助残员", PostField.WELFARE_SERVICE, "日间照料中心"),
    PostCategory.FACILITIES: ("公共设施维护员", PostField.LOGISTICS, "社区广场"),
    PostCategory.OTHER: ("劳动保障协管员", PostField.SOCIAL_SECURITY, "社区服务站"),
}
_VACANCIES = (
    ("缝纫工", "缝纫", 3200, 4500, Hours.FULL_TIME),
    ("家政服务员", "家政服务", 3000, 4200, Hours.PART_TIME),
    ("仓库理货员", "", 3200, None, Hours.SHIFTS),
    ("收银员", "", 2800, 3200, Hours.FULL_TIME),
    ("电工", "电工", 4000, 5500, Hours.FULL_TIME),
)
_PLACES = {Destination.MAIN_CITY: "主城区", Destination.PROVINCE: "宁波", Destination.OUTSIDE: "上海"}
_EXPORT_PLAN = {"main_city": 40, "province": 30, "outside": 25}


@dataclass
class Station:
    """A desk with what its posts need: `people` without work in turn, and what certifies one of them."""

    desk: object
    people: object
    certify: object
    choose: object


def plan_export(desk, on):
    """What the city means to send to work elsewhere this year."""
    city = Area.objects.get(pk=desk.community.path_ids[0])
    Parameter.objects.get_or_create(
        name="labour_export_plan",
        area=city,
        in_force_from=on.replace(month=1, day=1),
        defaults={"value": _EXPORT_PLAN},
    )


def ids_shown(desks):
    """`{kind: {community code: [ids]}}` of what was made, a few of each."""
    shown = {}
    for desk in desks:
        home = desk.community
        district = desk.district.area
        for kind, rows in (
            ("post", Post.objects.filter(area=home)),
            ("postplan", PostPlan.objects.filter(area=home)),
            ("posttransfer", PostTransfer.objects.filter(from_area=home)),
            ("vacancy", Vacancy.objects.filter(area=home)),
            ("jobseeker", JobSeeker.objects.filter(resident__community=home)),
            ("placement", Placement.objects.filter(resident__community=home)),
            ("proposal", Proposal.objects.filter(area=district)),
            ("event", Event.objects.filter(area=home)),
            ("servicepoint", ServicePoint.objects.filter(area=home)),
            ("placementbase", PlacementBase.objects.filter(area=home)),
            ("project", Project.objects.filter(area=home)),
        ):
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:_SHOWN])
            if ids:
                shown.setdefault(kind, {})[home.code] = ids
    return shown


class Placer:
    """Does at one desk what posts, the market and placements ask for, as of the day after `on`."""

    def __init__(self, station, on):
        self.desk, self.on, self.station = station.desk, on, station
        self.today = on + _DAY
        self.employers = list(Employer.objects.order_by("pk")[:40])
        self.free = []

    def work(self):
        self._places()
        self._plans()
        self._points()
        self._vacancies()
        self._on_posts()
        self._elsewhere()
        self._reserved()
        self._moved()
        self._seekers()
        self._allocated()
        self._set_back()

    def _person(self, certified=False):
        """Somebody without work, certified as in hardship where a post asks for it; None when nobody is left."""
        person = next(self.station.people, None)
        if person and certified and not person.hardship_certifications.in_force_on(self.on).exists():
            self.station.certify(person)
        return person

    def _employer(self):
        return self.station.choose(self.employers)

    # Employers and what they promised

    def _places(self):
        base, investor = self.employers[1], self.employers[2]
        for item, payer, employer in (
            (
                PlacementBase(
                    name=f"{self.desk.community.name}就业安置基地", area=self.desk.community, capacity=30,
                    opened_on=self.on - 400 * _DAY, words="常年接收就业困难人员",
                ),
                "employer",
                base,
            ),
            (
                Project(
                    name=f"{self.desk.community.name}商业综合体", area=self.desk.community,
                    agreed_on=self.on - 300 * _DAY, jobs_total=80, promised_share=Decimal("0.1"),
                ),
                "investor",
                investor,
            ),
        ):  # fmt: skip
            employers.save_place(
                item=item, payer=payer, credit_code=employer.credit_code, employer_name=employer.name,
                by=self.desk.district,
            )  # fmt: skip
        employers.save_details(
            employer=base,
            kind=base.kind,
            values={"area": self.desk.community, "staff_total": 120, "contact_person": "王主任"},
            by=self.desk.clerk,
        )

    # Posts from plan to opening

    def _plan(self, category, headcount, steps=(), **more):
        title, field, place = _WORK[category]
        values = {
            "title": title,
            "category": category,
            "field": field,
            "place": place,
            "monthly_wage": Decimal("2600"),
            "weekly_hours": 40,
            "funding": FundingLevel.DISTRICT,
            "headcount": headcount,
            "employer": self._employer(),
        }
        plan = posts.plan(area=self.desk.community, values=values | more, by=self.desk.clerk)
        for action, told in steps:
            plan.refresh_from_db()
            by = self.desk.district if action in ("approve", "send_back") else self.desk.clerk
            plan = posts.take_plan_step(plan_id=plan.pk, action=action, version=plan.version, by=by, **told)
        return plan

    def _plans(self):
        opened = (("approve", {}), ("open", {}))
        project = Project.objects.filter(area=self.desk.community).first()
        base = PlacementBase.objects.filter(area=self.desk.community).first()
        for category, headcount, more in (
            (PostCategory.CLEANING, 6, {"base": base}),
            (PostCategory.SECURITY, 5, {"project": project, "funding": FundingLevel.EMPLOYER}),
            (PostCategory.CARE, 4, {"funding": FundingLevel.CITY}),
            (PostCategory.GREENING, 3, {"weekly_hours": 20, "monthly_wage": Decimal("1400")}),
        ):
            plan = self._plan(category, headcount, opened, **more)
            self.free += Post.objects.filter(plan=plan).order_by("pk")
        self.free.sort(key=lambda post: post.number[-3:])
        self._plan(PostCategory.FACILITIES, 2)
        self._plan(PostCategory.OTHER, 1, (("send_back", {"reason": PlanReason.PAPERS, "words": "请补充用工协议"}),))
        self._plan(PostCategory.GREENING, 2, (("approve", {}),))
        self._plan(PostCategory.OTHER, 3, (("cancel", {"reason": PlanReason.FUNDS, "words": "资金未落实"}),))
        ended = self.free.pop()
        posts.take_post_step(
            post_id=ended.pk, action="end", version=ended.version, by=self.desk.clerk, reason=PostEnd.BUDGET
        )

    # Service points and events

    def _points(self):
        home = self.desk.community
        for kind, name in ((PointKind.AGENCY, "就业服务点"), (PointKind.TRAINING, "技能培训点")):
            point = {
                "kind": kind,
                "name": f"{home.name}{name}",
                "area": home,
                "address": f"{home.name}一号",
                "floor_area": 60,
                "joint_plan": "每月开展一次岗位推介和技能培训",
                "opened_on": self.on - 500 * _DAY,
            }
            events.save_point(values=point, by=self.desk.clerk)
        for kind, name, days, results in (
            (EventKind.SPRING, "春风行动专场", -120, (186, 14, 41)),
            (EventKind.BRING_POSTS, "送岗位进社区", -20, (64, 5, 17)),
            (EventKind.FAIR, "社区招聘会", 12, (None, None, None)),
        ):
            attended, came, intentions = results
            day = self.on + days * _DAY
            event = {
                "kind": kind, "name": f"{home.name}{name}", "area": home, "place": "社区广场", "starts_on": day,
                "ends_on": day + _DAY, "attended": attended, "employers": came, "intentions": intentions,
                "point": ServicePoint.objects.filter(area=home).first(),
            }  # fmt: skip
            events.save_event(values=event, by=self.desk.clerk)

    # Vacancies

    def _vacancy(self, number, steps=(), **more):
        title, skills, lowest, highest, hours = _VACANCIES[number % len(_VACANCIES)]
        employer = self._employer()
        values = {
            "title": title,
            "skills": skills,
            "headcount": 3,
            "wage_from": Decimal(lowest),
            "wage_to": highest and Decimal(highest),
            "hours": hours,
            "valid_from": self.on,
            "valid_until": self.on + 60 * _DAY,
        }
        vacancy = vacancies.gather(
            credit_code=employer.credit_code, employer_name="", area=self.desk.community, values=values | more,
            by=self.desk.clerk,
        )  # fmt: skip
        for action, told in steps:
            vacancy = vacancies.take_step(
                vacancy_id=vacancy.pk, action=action, version=vacancy.version, by=self.desk.clerk, **told
            )
        return vacancy

    def _vacancies(self):
        published = (("publish", {}),)
        self._vacancy(0)
        for number in (1, 2, 3):
            self._vacancy(number, published)
        self._vacancy(4, (*published, ("close", {"reason": VacancyEnd.WITHDRAWN, "words": "企业已招满"})))
        self.one_place = self._vacancy(0, published, headcount=1)

    # Placements

    def _report(self, person, channel, days=2, **told):
        blank = {
            "credit_code": "", "employer_name": "", "job": "", "contract_months": None, "monthly_income": None,
            "insured": True, "destination": "", "destination_place": "", "post": None, "vacancy": None,
            "business": "", "family": False, "jobs_created": 0,
        }  # fmt: skip
        return reporting.report(
            resident_id=person.pk,
            told=blank | {"channel": channel, "agreed_from": self.today - days * _DAY} | told,
            by=self.desk.clerk,
        )

    def _confirm(self, placement):
        return placements.confirm(placement_id=placement.pk, version=placement.version, by=self.desk.head)

    def _on_post(self, *, days=2, confirmed=True):
        person = self._person(certified=True)
        if person is None:
            return None
        placement = self._report(person, Channel.WELFARE_POST, days=days, post=self.free.pop(0).pk)
        return self._confirm(placement) if confirmed else placement

    def _on_posts(self):
        """On posts in every state: reported, at work, near the end of the term, in doubt, ended, not come about."""
        self._on_post(confirmed=False)
        for _turn in range(3):
            self._on_post(days=5)
        short = self._on_post(days=5)
        if short:
            Placement.objects.filter(pk=short.pk).update(post_months=1)
        doubted = self._on_post(days=5)
        if doubted:
            labour.lost_work(
                resident_id=doubted.resident_id, on=self.on, next_state=LabourState.UNEMPLOYED, source=Source.VISIT,
                by=self.desk.head,
            )  # fmt: skip
        ended = self._on_post(days=6)
        if ended:
            placements.end(
                placement_id=ended.pk, last_day=self.on, reason=PlacementEnd.OWN_JOB, version=ended.version,
                by=self.desk.clerk, next_state=LabourState.UNEMPLOYED,
            )  # fmt: skip
        dropped = self._on_post(confirmed=False)
        if dropped:
            placements.drop(
                placement_id=dropped.pk,
                version=dropped.version,
                reason=DropReason.NO_SHOW,
                words="",
                by=self.desk.clerk,
            )

    def _elsewhere(self):
        """Placements of every other kind."""
        employer = {"credit_code": self.employers[0].credit_code, "employer_name": self.employers[0].name}
        dispatch = Employer.objects.filter(kind=EmployerKind.DISPATCH).order_by("pk").first()
        at_work = {"contract_months": 12, "monthly_income": Decimal("3600")}
        told = [
            (Channel.EMPLOYER, {"vacancy": self.one_place.pk, "job": self.one_place.title} | employer | at_work),
            (Channel.FLEXIBLE, {"job": "钟点工", "monthly_income": Decimal("2500")}),
            (Channel.SELF_EMPLOYED, {"business": "家庭小吃店", "family": True, "jobs_created": 2, "job": "店主"}),
        ]
        if dispatch:
            code = {"credit_code": dispatch.credit_code, "employer_name": dispatch.name}
            told.append((Channel.DISPATCH, {"job": "物业客服"} | code | at_work))
        for destination, place in _PLACES.items():
            where = {"destination": destination, "destination_place": place, "job": "操作工"}
            told.append((Channel.EXPORT, where | employer | at_work))
        for channel, values in told:
            person = self._person()
            if person is not None:
                self._confirm(self._report(person, channel, **values))

    def _reserved(self):
        """One reserved, one put before a person, one released again."""
        for take in (self._reserve, self._offer, self._release):
            person = self._person(certified=True)
            if person is not None:
                take(person, self.free.pop(0))

    def _reserve(self, person, post):
        return posts.reserve(post_id=post.pk, resident_id=person.pk, by=self.desk.clerk)

    def _offer(self, person, post):
        offers.offer_post(resident_id=person.pk, post_id=post.pk, by=self.desk.clerk)

    def _release(self, person, post):
        held = self._reserve(person, post)
        posts.take_post_step(post_id=held.pk, action="release", version=held.version, by=self.desk.clerk)

    def _moved(self):
        """The district gives a post to a community where people wait."""
        elsewhere = Area.objects.visible_to(self.desk.district).communities().exclude(pk=self.desk.community.pk)
        target = elsewhere.order_by("path").first()
        if target is not None and self.free:
            post = Post.objects.get(pk=self.free.pop().pk)
            posts.transfer(
                post_id=post.pk, to_area=target, version=post.version, reason=TransferReason.NEED,
                words="该社区等待上岗的困难人员较多", by=self.desk.district,
            )  # fmt: skip

    def _seekers(self):
        """Who wait go on the list of job seekers; one gave up the wish, one was placed long ago."""
        waiting = list(islice(iter(lambda: self._person(certified=True), None), 5))
        for number, person in enumerate(waiting):
            wish = {
                "post_category": self.station.choose(["", PostCategory.CLEANING, PostCategory.CARE]),
                "occupation": self.station.choose(["家政服务员", "仓库理货员", "收银员"]),
                "skills": self.station.choose(["家政服务", "缝纫", ""]),
                "wage_wished": Decimal(2600 + 200 * (number % 3)),
                "hours": self.station.choose([Hours.ANY, Hours.FULL_TIME]),
            }
            search = seekers.register(resident_id=person.pk, values=wish, by=self.desk.clerk)
            if number == 0:
                seekers.end(
                    seeker_id=search.pk, version=search.version, reason=SeekerEnd.WITHDRAWN, by=self.desk.clerk
                )

    def _allocated(self):
        """The district proposed twice: one proposal was carried out for two people, one waits, one was dropped."""
        district = self.desk.district
        told = {"area": district.area, "by": district}
        proposal = allocation.propose(**told, quotas={district.area_id: 2})
        allocation.commit(proposal_id=proposal.pk, version=proposal.version, by=district)
        proposal = allocation.propose(**told, quotas={district.area_id: 0})
        allocation.drop(proposal_id=proposal.pk, version=proposal.version, by=district, words="名额有误，重新提出")
        allocation.propose(**told)

    def _set_back(self):
        """Posts are empty for some time, and a vacancy and a wish are known from the year before."""
        home = self.desk.community
        for number, post in enumerate(Post.objects.filter(area=home, opened_on=self.today).order_by("pk")):
            Post.objects.filter(pk=post.pk).update(opened_on=self.today - (4 + 9 * number) * _DAY)
        before = self.today - 370 * _DAY
        old = Vacancy.objects.filter(area=home, end_reason=VacancyEnd.WITHDRAWN)
        old.update(gathered_on=before, valid_from=before)
        gone = JobSeeker.objects.filter(resident__community=home, end_reason=SeekerEnd.WITHDRAWN)
        gone.update(registered_on=before, valid_until=before + 180 * _DAY, ended_on=before + 90 * _DAY)
