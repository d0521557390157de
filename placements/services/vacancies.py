"""Vacancies from gathering to closing: every write goes through here."""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from city import parameters
from city.choices import AreaLevel
from city.models import Move
from city.moves import NotAllowed, StepRefused, begin, move
from city.numbers import next_number
from city.trail import acting
from config.conflict import Conflict
from placements.choices import Hours, VacancyEnd, VacancyState
from placements.models import Vacancy
from placements.rules import pays_too_little
from placements.services.employers import known_or_new
from placements.workflow import VACANCY

#: Of a division code, those digits that tell a level's areas apart.
_DIGITS = {AreaLevel.CITY: 4, AreaLevel.DISTRICT: 6, AreaLevel.STREET: 9, AreaLevel.COMMUNITY: 12}
OPEN = (VacancyState.GATHERED, VacancyState.PUBLISHED)


def number_of(area, year, order):
    """A number that may stand in an address: the public page of a vacancy is named by it."""
    return f"KG{area.code[: _DIGITS[area.level]]}-{year}-{order:04}"


def gather(*, credit_code, employer_name, area, values, by, request=None):
    """Jobs an employer told of. Whoever has the code already is the employer; a new one needs a name.

    `values`: fields of `Vacancy`. Raises StepRefused at "employer_name" or "area".
    """
    with acting(posting=by, reason=_("Vacancy gathered"), request=request):
        _check_place(area, by)
        today = timezone.localdate()
        _check_wage(area, today, values)
        employer = known_or_new(credit_code=credit_code, name=employer_name)
        if employer_name and employer_name != employer.name:
            raise StepRefused("employer_name", _("This code belongs to %(name)s.") % {"name": employer.name})
        vacancy = Vacancy(area=area, employer=employer, gathered_on=today, **values)
        vacancy.number = number_of(area, today.year, next_number("vacancy", area, today.year))
        return begin(vacancy, workflow=VACANCY, by=by, action="gather", request=request)


def _check_place(area, by):
    if not by.may("placements.gather_vacancies") or not area.path.startswith(by.area.path):
        raise NotAllowed
    if area.level not in _DIGITS:
        raise StepRefused("area", _("Choose a community."))


def _check_wage(area, day, values):
    """A full-time job is not offered below the minimum wage in force there; where none is known, none is asked."""
    least = parameters.minimum_wages().of(area.path_ids, day)
    if pays_too_little(values["wage_from"], values.get("hours", Hours.FULL_TIME), least):
        raise StepRefused(
            "wage_from", _("Below the minimum wage of %(wage)s yuan a month for full-time work.") % {"wage": least}
        )


def correct(*, vacancy_id, values, version, by, request=None):
    """What a vacancy says, put right as long as it is not closed."""
    with acting(posting=by, reason=_("Vacancy corrected"), request=request):
        vacancy = _held(vacancy_id, by)
        if "area" in values:
            _check_place(values["area"], by)
        offered = {"area": vacancy.area, "wage_from": vacancy.wage_from, "hours": vacancy.hours} | values
        _check_wage(offered["area"], timezone.localdate(), offered)
        left = Vacancy.objects.filter(pk=vacancy.pk, version=version, state__in=OPEN)
        if not left.update(version=F("version") + 1, **values):
            raise Conflict(_("This vacancy was changed or closed meanwhile."))
        vacancy.refresh_from_db()
        return vacancy


def take_step(*, vacancy_id, action, version, by, reason="", words="", request=None):
    """A step a button of the vacancy offers: publish it, close it."""
    with acting(posting=by, reason=_("Step of a vacancy"), request=request):
        vacancy = _held(vacancy_id, by)
        today = timezone.localdate()
        if action == "publish" and vacancy.valid_until < today:
            raise StepRefused("action", _("Its validity is over: correct the days first."))
        fields = {"closed_on": today, "end_reason": reason} if action == "close" else {}
        return move(
            vacancy, action, workflow=VACANCY, by=by, version=version, reason=reason, words=words, request=request,
            **fields,
        )  # fmt: skip


def _held(vacancy_id, by):
    if not by.may("placements.gather_vacancies"):
        raise NotAllowed
    mine = Vacancy.objects.run_by(by).select_for_update(of=("self",)).select_related("area")
    vacancy = mine.filter(pk=vacancy_id).first()
    if vacancy is None:
        raise NotAllowed
    return vacancy


def close_expired(day):
    """Nightly: what was valid until `day` at most is closed from the day after its last one. Their number."""
    over = Vacancy.objects.filter(state__in=OPEN, valid_until__lte=day)
    now, moves = timezone.now(), []
    with acting(reason="vacancies_over"):
        over = list(over.select_for_update())
        for vacancy in over:
            moves.append(
                Move(
                    workflow=VACANCY.name, key=vacancy.pk, action="close", from_state=vacancy.state,
                    to_state=VacancyState.CLOSED, reason=VacancyEnd.EXPIRED, at=now,
                )
            )  # fmt: skip
            vacancy.state, vacancy.end_reason = VacancyState.CLOSED, VacancyEnd.EXPIRED
            vacancy.closed_on = vacancy.valid_until + timedelta(days=1)
            vacancy.version += 1
        Vacancy.objects.bulk_update(over, ["state", "end_reason", "closed_on", "version"], batch_size=500)
        Move.objects.bulk_create(moves, batch_size=1_000)
    return len(over)
