"""On paper: the bulletin of vacancies (空岗信息公告) to hang up, and the ledger L8.

L8 has vacancies on the left and job seekers on the right, as on its sheet of paper.
"""

from itertools import zip_longest

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils import timezone, translation

from assistance.choices import ServiceKind
from assistance.models import Service
from city import paper
from city.ledgers import Ledger, register
from households.printed import in_chunks
from placements.choices import VacancyState
from placements.models import JobSeeker, Vacancy

_VACANCY = ("单位", "岗位", "人数", "要求", "工资", "有效期")
#: How many a bulletin lists: some forty sheets of paper.
_MOST_LISTED = 1_000
_SEEKER = ("姓名", "专业", "求职地区", "用工形式", "期望薪资", "职业指导次数", "职业介绍次数", "登记时间")


def _market(area, day):
    pairs = zip_longest(_vacancies(area, day), _seekers(area, day))
    for left, right in pairs:
        yield [*(left or [""] * len(_VACANCY)), *(right or [""] * len(_SEEKER))]


def _vacancies(area, day):
    """Those of the area that were published and valid on the day."""
    known = Vacancy.objects.filter(area__path__startswith=area.path, valid_from__lte=day, valid_until__gte=day)
    known = known.filter(Q(state=VacancyState.PUBLISHED) | Q(closed_on__gt=day))
    for chunk in in_chunks(known.select_related("employer").order_by("area__path", "number")):
        for one in chunk:
            yield [
                one.employer.name,
                one.title,
                one.headcount,
                "；".join(filter(None, [one.skills, one.requirements])),
                _wage(one),
                f"{one.valid_from} 至 {one.valid_until}",
            ]


def _wage(vacancy):
    upper = f"—{vacancy.wage_to.normalize():f}" if vacancy.wage_to else ""
    return f"{vacancy.wage_from.normalize():f}{upper}"


def bulletin(request, vacancies, area=None):
    """The bulletin of these vacancies as an answer: what is printed is what the list shows. It names no person."""
    today = timezone.localdate()
    listed = vacancies.select_related("employer", "area").order_by("area__path", "number")
    found = vacancies.aggregate(count=Count("pk"), places=Sum("headcount"))
    with translation.override("zh-hans"):
        values = {
            "place": area.name if area else "全市",
            "day": f"{today:%Y年%m月%d日}",
            "count": found["count"],
            "places": found["places"] or 0,
            "rows": [_on_the_bulletin(one) for one in listed[:_MOST_LISTED]],
            "more": max(found["count"] - _MOST_LISTED, 0),
            "qr": paper.qr(request.build_absolute_uri(reverse("placements:public_vacancies"))),
        }
        return paper.download(paper.pdf("vacancies.typ", values), f"vacancies-{today}")


def _on_the_bulletin(vacancy):
    return [
        vacancy.title,
        vacancy.employer.name,
        vacancy.headcount,
        _wage(vacancy),
        vacancy.area.name,
        "；".join(filter(None, [vacancy.skills, vacancy.requirements])),
        vacancy.get_hours_display(),
        vacancy.valid_until,
        vacancy.number,
    ]


def _seekers(area, day):
    """Registrations in force on the day, with the services done since each."""
    searches = JobSeeker.objects.in_force_on(day).filter(resident__community__path__startswith=area.path)
    searches = searches.select_related("resident", "area").order_by("registered_on", "pk")
    for chunk in in_chunks(searches):
        counts = _services(chunk, day)
        for one in chunk:
            guided, introduced = counts.get(one.pk, (0, 0))
            yield [
                one.resident.name,
                "、".join(filter(None, [one.occupation, one.skills])),
                one.area.name if one.area else "",
                one.get_hours_display(),
                f"{one.wage_wished.normalize():f}" if one.wage_wished else "",
                guided,
                introduced,
                one.registered_on,
            ]


def _services(searches, day):
    """`{registration: (times guided, jobs introduced)}` between the registration and the day: one query."""
    since = {one.resident_id: one for one in searches}
    done = Service.objects.filter(resident__in=since, provided_on__lte=day)
    rows = done.values("resident", "provided_on").annotate(
        guided=Count("pk", filter=Q(kind=ServiceKind.GUIDANCE)),
        introduced=Count("pk", filter=Q(kind=ServiceKind.JOB_OFFER)),
    )
    counts = {}
    for row in rows.iterator():
        search = since[row["resident"]]
        if row["provided_on"] >= search.registered_on:
            guided, introduced = counts.get(search.pk, (0, 0))
            counts[search.pk] = guided + row["guided"], introduced + row["introduced"]
    return counts


def register_ledgers():
    register(Ledger("L8", "空岗信息和求职登记台账", (*_VACANCY, *_SEEKER), _market))
