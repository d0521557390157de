"""Registrations of job seekers: one open registration a person, valid for the months the city sets."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from city import parameters
from city.moves import NotAllowed, StepRefused
from city.rules import add_months
from city.trail import acting
from config.conflict import Conflict
from households.models import Resident
from placements.choices import SeekerEnd
from placements.models import JobSeeker

_RIGHT = "placements.place_people"
#: What a person ends by hand; the night ends what is over, a confirmed placement what led to work.


def last_day(registered_on, months):
    """The last day of a registration of so many months."""
    return add_months(registered_on, months) - timedelta(days=1)


def register(*, resident_id, values, by, request=None):
    """A registration from today on. `values`: fields of `JobSeeker`.

    Raises Conflict while another is in force, StepRefused for somebody not of working age.
    """
    with acting(posting=by, reason=_("Job seeker registered"), request=request):
        resident = _resident(resident_id, by)
        today = timezone.localdate()
        if not resident.works_from <= today < resident.retires_on:
            raise StepRefused("resident", _("Not of working age on this day."))
        _end_what_is_over(resident, today)
        months = parameters.value("job_search_months", resident.community, today)
        try:
            with transaction.atomic():
                return JobSeeker.objects.create(
                    resident=resident,
                    registered_on=today,
                    valid_until=last_day(today, months),
                    staff=by.staff,
                    **values,
                )
        except IntegrityError as error:
            raise Conflict(_("This person is registered as a job seeker already.")) from error


def _resident(resident_id, by):
    if not by.may(_RIGHT):
        raise NotAllowed
    people = Resident.objects.visible_to(by).select_for_update(of=("self",)).select_related("community")
    resident = people.filter(pk=resident_id).first()
    if resident is None:
        raise NotAllowed
    if resident.community is None:
        raise StepRefused("resident", _("This person lives in no community of the city."))
    return resident


def _end_what_is_over(resident, today):
    """What ran out, before the night has come to it."""
    for search in JobSeeker.objects.filter(resident=resident, ended_on=None, valid_until__lt=today):
        _expire(search)
        search.save(update_fields=["ended_on", "end_reason"])


def _expire(search):
    search.ended_on, search.end_reason = search.valid_until + timedelta(days=1), SeekerEnd.EXPIRED


def correct(*, seeker_id, values, version, by, request=None):
    """What the person wishes for, put right."""
    with acting(posting=by, reason=_("Job wish corrected"), request=request):
        return _change(_held(seeker_id, by), version, **values)


def renew(*, seeker_id, version, by, request=None):
    """The wish stands: valid again for as long as a new registration would be. It stays one person-time."""
    with acting(posting=by, reason=_("Job wish confirmed again"), request=request):
        search = _held(seeker_id, by)
        today = timezone.localdate()
        months = parameters.value("job_search_months", search.resident.community, today)
        return _change(search, version, valid_until=last_day(today, months))


def end(*, seeker_id, reason, version, by, request=None):
    """The registration ends today, with a coded reason."""
    with acting(posting=by, reason=_("Job wish ended"), request=request):
        search = _held(seeker_id, by)
        if reason not in SeekerEnd.BY_HAND:
            raise StepRefused("reason", _("Choose a reason."))
        return _change(search, version, ended_on=timezone.localdate(), end_reason=reason)


def _change(search, version, **values):
    if not JobSeeker.objects.filter(pk=search.pk, version=version).update(version=F("version") + 1, **values):
        raise Conflict(_("This registration was changed meanwhile."))
    search.refresh_from_db()
    return search


def _held(seeker_id, by):
    if not by.may(_RIGHT):
        raise NotAllowed
    mine = JobSeeker.objects.visible_to(by).select_for_update(of=("self",))
    search = mine.select_related("resident__community").filter(pk=seeker_id).first()
    if search is None or search.resident.community is None:
        raise NotAllowed
    if search.ended_on is not None:
        raise Conflict(_("This registration has ended."))
    return search


def end_expired(day):
    """Nightly: registrations valid until `day` at most end on the day after their last one. Their number."""
    with acting(reason="job_searches_over"):
        over = list(JobSeeker.objects.filter(ended_on=None, valid_until__lte=day).select_for_update())
        for search in over:
            _expire(search)
        JobSeeker.objects.bulk_update(over, ["ended_on", "end_reason"], batch_size=500)
    return len(over)
