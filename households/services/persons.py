"""What is known of people and households besides home and work: four facts, contacts, certificates, programmes."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from city.ciphers import keyed_hash
from city.trail import acting
from households import ledger
from households.choices import TransferState
from households.identity import identity_of
from households.ledger import LedgerRefused
from households.models import (
    Certificate,
    CertificateCheck,
    ContactDetails,
    FourClear,
    Household,
    HouseholdTag,
    LowIncomeStatus,
    Resident,
)
from households.rules import working_age_window

#: What a figure reads of a person besides the change points.
_IN_SPANS = {"landless", "land_acquired_on", "female_retirement_age"}


def note_four_clear(*, resident_id, noted_on, by, source, request=None, **values):
    """All that is known of the four facts from a day on; told again for that day it replaces what was told."""
    with acting(posting=by, reason=_("Four facts noted"), request=request):
        resident = Resident.objects.get(pk=resident_id)
        if noted_on > timezone.localdate():
            raise LedgerRefused("noted_on", _("This day is still to come."))
        if noted_on <= resident.birth_date:
            raise LedgerRefused("noted_on", _("This day lies before the birth date."))
        return FourClear.objects.update_or_create(
            resident=resident, noted_on=noted_on, defaults={**values, "source": source}
        )[0]


def save_contact(*, resident_id, by, request=None, **values):
    """Where a person can be reached, and what the ledger of the retired asks for."""
    with acting(posting=by, reason=_("Contact details saved"), request=request):
        return ContactDetails.objects.update_or_create(resident_id=resident_id, defaults=values)[0]


def save_details(*, resident_id, by, request=None, **values):
    """Corrects what is on file of a person. The retirement category moves the window, so figures follow."""
    with acting(posting=by, reason=_("Personal details corrected"), request=request):
        resident = Resident.objects.select_for_update(of=("self",)).get(pk=resident_id)
        changed = {name for name, value in values.items() if getattr(resident, name) != value}
        for name in changed:
            setattr(resident, name, values[name])
        if "phone" in changed:
            resident.phone_hash = keyed_hash(resident.phone) if resident.phone else None
        if "female_retirement_age" in changed:
            resident.works_from, resident.retires_on = working_age_window(
                resident.birth_date, resident.sex, resident.female_retirement_age
            )
        if changed:
            resident.save()
        if changed & _IN_SPANS:
            ledger.rebuild([resident_id])
        return resident


def correct_identity(*, resident_id, by, reason, name, id_number="", birth_date=None, sex="", request=None):
    """Puts right who a person is: the past counts anew with it. An ID number left empty stays as it is.

    Birth date and sex follow from the number; of a person without one they are told. Raises LedgerRefused.
    """
    with acting(posting=by, reason=_("Name or ID number corrected: %(why)s") % {"why": reason}, request=request):
        resident = Resident.objects.select_for_update(of=("self",)).get(pk=resident_id)
        identity = identity_of(
            name,
            id_number=id_number or resident.id_number,
            no_id_reason=resident.no_id_reason,
            birth_date=birth_date or resident.birth_date,
            sex=sex or resident.sex,
            female_retirement_age=resident.female_retirement_age,
        )
        if resident.transfer_requests.filter(state=TransferState.ASKED).exists():
            raise LedgerRefused("name", _("A transfer of this person waits for its answer: see to that first."))
        _check_birth_date(resident, identity)
        resident.memberships.filter(started_on=resident.birth_date).update(started_on=identity.birth_date)
        for field, value in identity.values().items():
            setattr(resident, field, value)
        try:
            with transaction.atomic():
                resident.save()
        except IntegrityError:
            raise _taken(Resident.objects.get(id_hash=identity.id_hash), by) from None
        ledger.rebuild([resident_id])
        return resident


def _taken(other, by):
    """The ID number is on the file of `other`; where one lives who is elsewhere is told to nobody."""
    if Resident.objects.visible_to(by).filter(pk=other.pk).exists():
        return LedgerRefused(
            "id_number",
            _("This ID number is on the file of %(name)s. If it is one person, ask the street to join the two files.")
            % {"name": other.name},
        )
    return LedgerRefused(
        "id_number", _("This ID number is on a file in another area: ask the street or district to compare the two.")
    )


def _check_birth_date(resident, identity):
    """Nothing that is known of a person lies before the birth; who has always lived here goes with it."""
    field = "id_number" if identity.id_number else "birth_date"
    if identity.birth_date > timezone.localdate():
        raise LedgerRefused(field, _("The birth date lies in the future."))
    known = resident.memberships.exclude(started_on=resident.birth_date).filter(started_on__lte=identity.birth_date)
    told = resident.labour_spells.filter(started_on__lte=identity.birth_date)
    first = min(
        [*known.values_list("started_on", flat=True), *told.values_list("started_on", flat=True)], default=None
    )
    if first:
        raise LedgerRefused(
            field,
            _("By this the birth date is %(birth)s, but something is recorded of %(day)s: correct that first.")
            % {"birth": identity.birth_date.isoformat(), "day": first.isoformat()},
        )


def add_certificate(*, resident_id, by, kind, number, issued_on, issuer="", request=None):
    with acting(posting=by, reason=_("Certificate entered"), request=request):
        if issued_on > timezone.localdate():
            raise LedgerRefused("issued_on", _("This day is still to come."))
        try:
            with transaction.atomic():
                return Certificate.objects.create(
                    resident_id=resident_id, kind=kind, number=number, issued_on=issued_on, issuer=issuer
                )
        except IntegrityError:
            raise LedgerRefused("number", _("This certificate number is in use already.")) from None


def check_certificate(*, certificate_id, by, checked_on, passed, note="", request=None):
    """The annual check. Not passed, the certificate is shown as such until it passes one."""
    with acting(posting=by, reason=_("Certificate checked"), request=request):
        certificate = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate_id)
        _check_day(certificate, "checked_on", checked_on)
        if certificate.checks.filter(checked_on=checked_on).exists():
            raise LedgerRefused("checked_on", _("The check of this day is entered already."))
        return CertificateCheck.objects.create(
            certificate=certificate, checked_on=checked_on, passed=passed, note=note
        )


def end_certificate(*, certificate_id, by, ended_on, request=None):
    with acting(posting=by, reason=_("Certificate ended"), request=request):
        certificate = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate_id)
        _check_day(certificate, "ended_on", ended_on)
        certificate.ended_on = ended_on
        certificate.save(update_fields=["ended_on"])
        return certificate


def _check_day(certificate, field, day):
    if day > timezone.localdate():
        raise LedgerRefused(field, _("This day is still to come."))
    if day < certificate.issued_on:
        raise LedgerRefused(
            field, _("The certificate was issued on %(day)s only.") % {"day": certificate.issued_on.isoformat()}
        )
    if certificate.ended_on:
        raise LedgerRefused(field, _("The certificate ended on %(day)s.") % {"day": certificate.ended_on.isoformat()})


def save_household(*, household_id, by, address, grid, low_income=None, low_income_on=None, request=None):
    """Address and grid as they are; the allowance from a day on, when it is told and differs."""
    with acting(posting=by, reason=_("Household details saved"), request=request):
        household = Household.objects.select_for_update(of=("self",)).get(pk=household_id)
        household.address, household.grid = address, grid
        household.save(update_fields=["address", "grid"])
        if low_income is not None:
            _tell_low_income(household, low_income, low_income_on or timezone.localdate())
        return household


def _tell_low_income(household, low_income, on):
    points = household.low_income_points
    if points.filter(started_on__gt=on).exists():
        raise LedgerRefused("low_income_on", _("A later change is known already: give a later day."))
    before = points.filter(started_on__lte=on).order_by("started_on").last()
    if before and before.low_income == low_income:
        return
    LowIncomeStatus.objects.update_or_create(household=household, started_on=on, defaults={"low_income": low_income})


def tag_household(*, household_id, by, kind, started_on, request=None):
    """The programme a household belongs to from a day on; told again, the day is put right."""
    with acting(posting=by, reason=_("Programme tag set"), request=request):
        if started_on > timezone.localdate():
            raise LedgerRefused("started_on", _("This day is still to come."))
        return HouseholdTag.objects.update_or_create(
            household_id=household_id, kind=kind, defaults={"started_on": started_on}
        )[0]


def untag_household(*, household_id, by, kind, request=None):
    with acting(posting=by, reason=_("Programme tag taken away"), request=request):
        HouseholdTag.objects.filter(household_id=household_id, kind=kind).delete()
