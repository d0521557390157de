"""The printed ledgers that casework feeds: L3 hardship persons, L4 zero-employment households, L9 training,
L12 visits and follow-ups, L13 layoff warnings.
"""

from collections import defaultdict
from datetime import date

from django.db.models import Count, Q

from assistance.models import Case, Enrolment, FollowUp, LayoffNotice, Plan
from city.ledgers import Ledger, column, register
from households.choices import LabourState
from households.models import (
    FourClear,
    HardshipCertification,
    LedgerSpan,
    LowIncomeStatus,
    Membership,
    Visit,
    ZeroEmploymentEpisode,
)
from households.printed import facts_of, in_chunks, jobless_columns, latest, spans_of, where_and_how, yes


def _hardship(area, day):
    """One line a person; several categories stand together with the day of the first."""
    in_force = HardshipCertification.objects.in_force_on(day)
    spans = spans_of(area, day).of_working_age_on(day).filter(resident__in=in_force.values("resident"))
    for chunk in in_chunks(spans):
        residents = [span.resident_id for span in chunk]
        facts = facts_of(residents, day)
        certified = defaultdict(list)
        for one in in_force.filter(resident__in=residents).order_by("certified_on"):
            certified[one.resident_id].append(one)
        cases = latest(Case.objects.filter(resident__in=residents), "applied_on", day)
        for span in chunk:
            own, case = certified[span.resident_id], cases.get(span.resident_id)
            works = span.state == LabourState.EMPLOYED
            months = span.spell.contract_months if works else None
            yield [
                *jobless_columns(span, day, facts),
                "、".join(one.get_category_display() for one in own),
                own[0].certified_on,
                span.household.address,
                span.state_since if works else "",
                span.spell.employer_name if works else "",
                "",
                span.spell.get_channel_display() if works else "",
                yes(months is not None) if works else "",
                f"{months}个月" if months else "",
                yes(case is not None),
                case.get_measure_display() if case else "",
            ]


def _episodes(area, day):
    episodes = ZeroEmploymentEpisode.objects.filter(
        household__community__path__startswith=area.path, certified_on__lte=day
    ).select_related("household__community", "responsible", "worker")
    for chunk in in_chunks(episodes.order_by("household__community__path", "certified_on", "pk")):
        households = [episode.household_id for episode in chunk]
        members = defaultdict(list)
        spans = LedgerSpan.objects.in_force_on(day).filter(household__in=households)
        for span in spans.select_related("resident", "spell").order_by("resident__birth_date", "pk"):
            members[span.household_id].append(span)
        relations = _relations(households, day)
        residents = [span.resident_id for own in members.values() for span in own]
        noted = latest(FourClear.objects.filter(resident__in=residents), "noted_on", day)
        low = latest(LowIncomeStatus.objects.filter(household__in=households), "started_on", day, "household_id")
        plans = defaultdict(list)
        for plan in Plan.objects.filter(episode__in=chunk).order_by("pk"):
            plans[plan.episode_id].append(plan)
        for episode in chunk:
            own = members[episode.household_id]
            told = [_member(span, relations.get((span.household_id, span.resident_id)), noted) for span in own]
            yield _episode_line(episode, day, own, relations, low, plans[episode.pk], told)


def _relations(households, day):
    """`{(household, resident): relation}` and who the heads are, by what was in force on the day."""
    points = Membership.objects.filter(household__in=households, started_on__lte=day).order_by("started_on")
    return {(point.household_id, point.resident_id): point for point in points.select_related("resident")}


def _member(span, membership, noted):
    """Name (relation, state and since when, skills, wish): what is not known is left out."""
    facts = noted.get(span.resident_id)
    told = [
        membership.get_relation_display() if membership else "",
        f"{span.get_state_display()}{f'，{span.state_since}起' if span.state_since else ''}",
        facts.skills if facts else "",
        facts.get_work_wish_display() if facts else "",
    ]
    return f"{span.resident.name}（{'，'.join(filter(None, told))}）"


def _episode_line(episode, day, members, relations, low, plans, told):
    of_age = [span for span in members if span.works_from <= day < span.retires_on]
    jobless = [span for span in of_age if span.state == LabourState.UNEMPLOYED]
    working = [span for span in members if span.state == LabourState.EMPLOYED]
    point = low.get(episode.household_id)
    own = [relations.get((episode.household_id, span.resident_id)) for span in members]
    head = next((one.resident.name for one in own if one and one.relation == "head"), "")
    return [
        episode.card_number or episode.household.number,
        head,
        len(members),
        len(of_age),
        len(jobless),
        yes(point.low_income) if point else "",
        "；".join(told),
        episode.certified_on,
        "；".join(f"{plan.get_measure_display()}（{plan.goal}）" for plan in plans),
        episode.responsible.name if episode.responsible else "",
        episode.eliminated_on if episode.eliminated_on and episode.eliminated_on <= day else "",
        "、".join(f"{span.resident.name}（{where_and_how(span.spell)}）" for span in working),
        yes(len(working) >= 2) if episode.eliminated_on else "",
        episode.get_withdrawal_reason_display() if episode.withdrawn_on and episode.withdrawn_on <= day else "",
    ]


def _training(area, day):
    enrolments = (
        Enrolment.objects.filter(
            resident__community__path__startswith=area.path,
            enrolled_on__gte=date(day.year, 1, 1),
            enrolled_on__lte=day,
        )
        .select_related("course", "resident")
        .annotate(days_there=Count("attendance", filter=Q(attendance__day__lte=day)))
    )
    for chunk in in_chunks(enrolments.order_by("course__starts_on", "course", "pk")):
        spans = LedgerSpan.objects.in_force_on(day).filter(resident__in=[one.resident_id for one in chunk])
        works = {span.resident_id: span for span in spans.select_related("spell")}
        subsidies, transport = (column("L9", heading, chunk, day) for heading in ("补贴", "交通补贴"))
        for one in chunk:
            span = works.get(one.resident_id)
            employed = span and span.state == LabourState.EMPLOYED and one.completed_on
            yield [
                one.course.title,
                one.course.provider,
                one.course.get_kind_display(),
                f"{one.course.starts_on} 至 {one.course.ends_on}",
                one.resident.name,
                one.days_there,
                one.certificate_number,
                subsidies.get(one.pk, ""),
                transport.get(one.pk, ""),
                where_and_how(span.spell) if employed else "",
            ]


def _visits(area, day):
    """Visits of the month of the day, then the follow-ups done in it."""
    first = day.replace(day=1)
    visits = Visit.objects.standing().filter(
        household__community__path__startswith=area.path, visited_on__range=(first, day)
    )
    for visit in visits.select_related("household").order_by("visited_on", "pk").iterator():
        left = "" if visit.follow_up == "none" else visit.get_follow_up_display()
        yield [
            visit.visited_on, f"{visit.household.number}号户", visit.visitor, visit.get_way_display(),
            visit.get_outcome_display(), visit.note, left, visit.follow_up_on, "",
        ]  # fmt: skip
    done = FollowUp.objects.filter(case__community__path__startswith=area.path, done_on__range=(first, day))
    for one in done.select_related("case__resident", "staff").order_by("done_on", "pk").iterator():
        yield [
            one.done_on, one.case.resident.name, one.staff.name if one.staff else "", "回访",
            one.get_outcome_display(), one.words, "", "", "",
        ]  # fmt: skip


def _layoffs(area, day):
    """Notices of the area or a superior, planned for a day of this year or later; families as they are on the day."""
    at_home = Q(
        persons__resident__spans__first_on__lte=day,
        persons__resident__spans__last_on__gte=day,
        persons__resident__spans__community__path__startswith=area.path,
    )
    notices = (
        LayoffNotice.objects.filter(Q(area__path__startswith=area.path) | Q(area__in=area.path_ids))
        .filter(planned_on__gte=date(day.year, 1, 1))
        .select_related("employer")
        .annotate(families=Count("persons__resident__spans__household", filter=at_home, distinct=True))
    )
    for notice in notices.order_by("planned_on", "pk").iterator():
        yield [
            notice.employer.name,
            notice.employer.credit_code,
            notice.staff_total,
            notice.planned,
            f"{notice.planned / notice.staff_total:.1%}",
            notice.reported_on or "未报告",
            notice.carried_out_on or f"{notice.planned_on}（计划）",
            notice.families,
            notice.get_state_display(),
        ]


def register_ledgers():
    jobless = ("姓名", "性别", "年龄", "文化程度", "身份证号", "户籍性质", "技能特长", "就业创业证号", "是否登记失业")
    for ledger in (
        Ledger(
            "L3",
            "就业困难人员管理台账",
            (*jobless, "困难人员类型", "认定日期", "家庭住址", "再就业时间", "现就业单位", "岗位", "就业去向",
             "是否签订劳动合同", "合同期限", "是否援助对象", "援助形式"),
            _hardship,
        ),
        Ledger(
            "L4",
            "零就业家庭台账",
            ("编号/卡号", "户主", "家庭人口", "适龄劳动力数", "失业人数", "低保",
             "成员明细(关系, 失业时间, 技能, 意愿)", "认定日期", "帮扶措施", "责任人", "消除日期",
             "就业成员", "双就业", "退出原因"),
            _episodes,
        ),
        Ledger(
            "L9",
            "培训台账",
            ("班名", "机构", "类别", "起止", "姓名", "出勤天数", "证书", "补贴", "交通补贴", "结业后就业"),
            _training,
        ),
        Ledger(
            "L12",
            "走访与回访记录",
            ("日期", "家庭/人员", "走访人", "方式", "状况", "需求", "推荐", "下次日期", "签字"),
            _visits,
        ),
        Ledger(
            "L13",
            "企业裁员预警台账",
            ("企业", "信用代码", "职工总数", "计划裁员", "比例", "报告日期", "实施日期", "涉及家庭", "处置"),
            _layoffs,
        ),
    ):  # fmt: skip
        register(ledger)
