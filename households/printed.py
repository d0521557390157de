"""The printed ledgers the register feeds: L1 workers, L2 unemployed, L5 re-employed, L6 newly employed, L14 retired.

What is not known stays empty: nothing is filled in that nobody said. Numbers are masked.
"""

from datetime import date
from itertools import islice

from city.ciphers import mask_phone
from city.ledgers import Ledger, register
from city.models import Area
from city.rules import add_months
from households.choices import Channel, InactiveReason, LabourState
from households.models import (
    Certificate,
    ContactDetails,
    FourClear,
    HardshipCertification,
    LabourSpell,
    LedgerSpan,
    RegistrationSpan,
    Resident,
)
from households.retired import retired_on
from households.rules import age_on

CHUNK = 2_000
#: Industries of the first and second sector are not recorded; the printed column stays for the pen.
_BY_HAND = ""
_SHORT, _MEDIUM = 6, 12


def yes(value):
    return "" if value is None else "是" if value else "否"


def in_chunks(rows, size=CHUNK):
    """Lists of at most `size` rows."""
    rows = rows.iterator(chunk_size=size)
    while chunk := list(islice(rows, size)):
        yield chunk


def spans_of(area, day):
    """Who lives in the area on the day and what they do, by community, household and name."""
    spans = LedgerSpan.objects.within(area).in_force_on(day).select_related("resident", "household__grid", "spell")
    return spans.order_by("community__path", "household__number", "resident__name", "pk")


def latest(points, day_field, day, key="resident_id"):
    """`{key: the last row up to the day}`."""
    rows = points.filter(**{f"{day_field}__lte": day}).order_by(day_field)
    return {getattr(row, key): row for row in rows}


def where_and_how(spell):
    """The employer, and how the person works."""
    if spell is None or spell.state != LabourState.EMPLOYED:
        return ""
    return " ".join(part for part in (spell.employer_name, spell.get_channel_display()) if part)


def who(resident, day):
    return [resident.name, resident.get_sex_display(), age_on(resident.birth_date, day)]


def _workers(area, day):
    for chunk in in_chunks(spans_of(area, day).of_working_age_on(day)):
        for span in chunk:
            resident, spell = span.resident, span.spell
            yield [
                *who(resident, day),
                resident.masked_number,
                resident.get_hukou_display(),
                resident.get_education_display(),
                span.household.address,
                mask_phone(resident.phone),
                span.household.grid.name if span.household.grid else "",
                span.get_state_display(),
                where_and_how(spell),
                yes(spell.insured) if spell else "",
                spell.get_source_display() if spell else "",
                span.confirmed_on,
            ]


def facts_of(residents, day):
    """What is known of these residents by the day: four-clear facts, certificates, registrations; three queries."""
    return (
        latest(FourClear.objects.filter(resident__in=residents), "noted_on", day),
        latest(Certificate.objects.filter(resident__in=residents), "issued_on", day),
        set(
            RegistrationSpan.objects.in_force_on(day).filter(resident__in=residents).values_list("resident", flat=True)
        ),
    )


def _term(since, day):
    if add_months(since, _SHORT) >= day:
        return "短期"
    return "中期" if add_months(since, _MEDIUM) >= day else "长期"


def jobless_columns(span, day, facts):
    """The columns that L2 and L3 share: who, and what is known of the unemployment."""
    clear, certificates, registered = facts
    resident, noted = span.resident, clear.get(span.resident_id)
    certificate = certificates.get(span.resident_id)
    return [
        *who(resident, day),
        resident.get_education_display(),
        resident.masked_number,
        resident.get_hukou_display(),
        noted.skills if noted else "",
        certificate.number if certificate else "",
        yes(span.resident_id in registered),
    ]


def _unemployed(area, day):
    spans = spans_of(area, day).of_working_age_on(day).filter(state=LabourState.UNEMPLOYED)
    for chunk in in_chunks(spans):
        facts = facts_of([span.resident_id for span in chunk], day)
        for span in chunk:
            noted = facts[0].get(span.resident_id)
            yield [
                *jobless_columns(span, day, facts),
                noted.get_cause_display() if noted else "",
                span.state_since,
                _BY_HAND,
                " ".join(filter(None, [noted.get_work_wish_display(), noted.wished_work])) if noted else "",
                noted.get_training_wish_display() if noted else "",
                noted.living_needs if noted else "",
                mask_phone(span.resident.phone),
                _term(span.state_since, day),
                _BY_HAND,
            ]


def _jobs_begun(area, day):
    """Spans whose job began in the year of the day, each with the spell the person had before."""
    begun = spans_of(area, day).filter(
        state=LabourState.EMPLOYED, state_since__gte=date(day.year, 1, 1), state_since__lte=day
    )
    for chunk in in_chunks(begun):
        residents = [span.resident_id for span in chunk]
        before = {}
        earlier = LabourSpell.objects.filter(resident__in=residents).order_by("started_on")
        starts = {span.resident_id: span.state_since for span in chunk}
        for spell in earlier:
            if spell.started_on < starts[spell.resident_id]:
                before[spell.resident_id] = spell
        yield chunk, before, facts_of(residents, day)


def _was_jobless(spell):
    return spell is not None and spell.state == LabourState.UNEMPLOYED


def _reemployed(area, day):
    for chunk, before, facts in _jobs_begun(area, day):
        for span in chunk:
            last = before.get(span.resident_id)
            if not _was_jobless(last):
                continue
            noted = facts[0].get(span.resident_id)
            yield [
                *who(span.resident, day),
                span.resident.masked_number,
                noted.get_cause_display() if noted else "",
                last.started_on,
                span.state_since,
                span.spell.get_channel_display(),
                span.spell.employer_name,
                _BY_HAND,
                _BY_HAND,
            ]


_KINDS = (
    {Channel.EMPLOYER, Channel.DISPATCH, Channel.EXPORT},
    {Channel.SELF_EMPLOYED},
    {Channel.WELFARE_POST},
    {Channel.FLEXIBLE},
)


def _newly_employed(area, day):
    city = Area.objects.get(pk=area.path_ids[0]).name
    for chunk, before, _facts in _jobs_begun(area, day):
        residents = [span.resident_id for span in chunk]
        hardship = HardshipCertification.objects.in_force_on(day).filter(resident__in=residents)
        hard = set(hardship.values_list("resident", flat=True))
        for span in chunk:
            jobless = _was_jobless(before.get(span.resident_id))
            yield [
                city,
                span.resident.name,
                span.resident.masked_number,
                span.spell.employer_name,
                *[yes(span.spell.channel in kind) if span.spell.channel else "" for kind in _KINDS],
                span.state_since,
                yes(jobless),
                yes(jobless and span.resident_id in hard),
                _BY_HAND,
                _BY_HAND,
            ]


def _retired(area, day):
    residents = retired_on(Resident.objects.filter(community__path__startswith=area.path), day)
    for chunk in in_chunks(residents.order_by("community__path", "name", "pk")):
        contacts = {row.pk: row for row in ContactDetails.objects.filter(resident__in=chunk)}
        for resident in chunk:
            contact = contacts.get(resident.pk)
            early = resident.last_reason == InactiveReason.RETIRED
            yield [
                resident.name,
                resident.masked_number,
                contact.former_employer if contact else "",
                min(resident.last_since, resident.retires_on) if early else resident.retires_on,
                "",
                contact.special_group if contact else "",
                contact.contact_person if contact else "",
            ]


def register_ledgers():
    jobless = ("姓名", "性别", "年龄", "文化程度", "身份证号", "户籍性质", "技能特长", "就业创业证号", "是否登记失业")
    for ledger in (
        Ledger(
            "L1",
            "劳动者及就业情况台账",
            ("姓名", "性别", "年龄", "身份证号", "户籍性质", "文化程度", "住址", "联系电话", "网格", "就业状态",
             "就业单位/方式", "参保", "信息来源", "更新日期"),
            _workers,
        ),
        Ledger(
            "L2",
            "下岗失业人员台账",
            (*jobless, "失业人员类型", "失业时间", "失业保险金起止", "求职意向", "培训意向", "就业服务需求",
             "联系电话", "类型(短/中/长期)", "等级"),
            _unemployed,
        ),
        Ledger(
            "L5",
            "失业人员再就业明细台账",
            ("姓名", "性别", "年龄", "身份证号", "失业类型", "失业时间", "再就业时间", "就业渠道", "现单位", "岗位",
             "产业"),
            _reemployed,
        ),
        Ledger(
            "L6",
            "新就业人员信息台账",
            ("地市", "姓名", "身份证号", "就业单位", "单位", "个体", "公岗", "灵活", "登记日期", "失业再就业",
             "困难再就业", "行业", "产业"),
            _newly_employed,
        ),
        Ledger(
            "L14",
            "退休人员台账",
            ("姓名", "身份证号", "原单位", "退休时间", "健康状况", "特殊群体", "联系人"),
            _retired,
        ),
    ):  # fmt: skip
        register(ledger)
