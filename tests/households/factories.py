from datetime import date

import factory

from city.ciphers import keyed_hash
from city.rules import id_check_digit
from households.choices import HardshipCategory, LabourState, Relation, Sex, VisitOutcome
from households.models import (
    Certificate,
    Declaration,
    HardshipApplication,
    HardshipCertification,
    Household,
    HouseholdTag,
    LabourSpell,
    LowIncomeStatus,
    Membership,
    Resident,
    TransferRequest,
    UnemploymentRegistration,
    Visit,
    ZeroEmploymentEpisode,
)
from households.rules import working_age_window
from tests.city.factories import AreaFactory

LONG_AGO = date(2020, 1, 1)


class HouseholdFactory(factory.django.DjangoModelFactory):
    community = factory.SubFactory(AreaFactory, community=True)
    number = factory.Sequence(lambda number: f"{number + 1}")

    class Meta:
        model = Household


def id_number_of(birth_date, sex, order):
    """A good ID number; `order` keeps those of one day apart."""
    body = f"{330102 + order // 500}{birth_date:%Y%m%d}{order % 500 * 2 + (sex == Sex.MALE):03}"
    return body + id_check_digit(body)


class ResidentFactory(factory.django.DjangoModelFactory):
    """`home=` is the household lived in since birth, `spell=` the values of a labour spell.

    Spans are not built: call `ledger.rebuild()` when all is written.
    """

    sex = Sex.MALE
    birth_date = date(1980, 1, 1)
    id_number = factory.LazyAttributeSequence(lambda self, order: id_number_of(self.birth_date, self.sex, order))
    id_hash = factory.LazyAttribute(lambda self: self.id_number and keyed_hash(self.id_number))
    name = factory.Sequence(lambda number: f"resident {number}")
    female_retirement_age = None
    works_from = factory.LazyAttribute(lambda self: _window(self)[0])
    retires_on = factory.LazyAttribute(lambda self: _window(self)[1])

    class Meta:
        model = Resident
        skip_postgeneration_save = True

    class Params:
        woman = factory.Trait(sex=Sex.FEMALE)

    @factory.post_generation
    def home(self, create, extracted):
        if extracted:
            MembershipFactory(resident=self, household=extracted, started_on=self.birth_date)

    @factory.post_generation
    def spell(self, create, extracted):
        if extracted:
            LabourSpellFactory(resident=self, **extracted)


def _window(resident):
    return working_age_window(resident.birth_date, resident.sex, resident.female_retirement_age)


class MembershipFactory(factory.django.DjangoModelFactory):
    resident = factory.SubFactory(ResidentFactory)
    started_on = date(1980, 1, 1)
    household = factory.SubFactory(HouseholdFactory)
    relation = factory.LazyAttribute(lambda self: Relation.OTHER if self.household else "")
    leave_reason = factory.LazyAttribute(lambda self: "" if self.household else "moved")

    class Meta:
        model = Membership


class LabourSpellFactory(factory.django.DjangoModelFactory):
    """An employed spell; confirmed on the day it starts unless told otherwise."""

    resident = factory.SubFactory(ResidentFactory)
    started_on = LONG_AGO
    state = LabourState.EMPLOYED
    inactive_reason = factory.LazyAttribute(lambda self: "other" if self.state == LabourState.INACTIVE else "")
    confirmed_on = factory.LazyAttribute(lambda self: self.started_on)

    class Meta:
        model = LabourSpell


class UnemploymentRegistrationFactory(factory.django.DjangoModelFactory):
    resident = factory.SubFactory(ResidentFactory)
    registered_on = LONG_AGO

    class Meta:
        model = UnemploymentRegistration


class HardshipCertificationFactory(factory.django.DjangoModelFactory):
    resident = factory.SubFactory(ResidentFactory)
    category = HardshipCategory.AGE_4050
    certified_on = LONG_AGO

    class Meta:
        model = HardshipCertification


class VisitFactory(factory.django.DjangoModelFactory):
    household = factory.SubFactory(HouseholdFactory)
    visited_on = date(2026, 10, 15)
    outcome = VisitOutcome.COMPLETED

    class Meta:
        model = Visit


class ZeroEmploymentEpisodeFactory(factory.django.DjangoModelFactory):
    household = factory.SubFactory(HouseholdFactory)
    certified_on = date(2026, 9, 1)
    withdrawal_reason = factory.LazyAttribute(lambda self: "other" if self.withdrawn_on else "")
    withdrawn_on = None

    class Meta:
        model = ZeroEmploymentEpisode


class LowIncomeStatusFactory(factory.django.DjangoModelFactory):
    household = factory.SubFactory(HouseholdFactory)
    started_on = LONG_AGO
    low_income = True

    class Meta:
        model = LowIncomeStatus


class TransferRequestFactory(factory.django.DjangoModelFactory):
    resident = factory.SubFactory(ResidentFactory)
    origin = factory.SubFactory(AreaFactory, community=True)
    household = factory.SubFactory(HouseholdFactory)
    relation = Relation.OTHER
    moves_on = date(2026, 11, 1)

    class Meta:
        model = TransferRequest


class DeclarationFactory(factory.django.DjangoModelFactory):
    household = factory.SubFactory(HouseholdFactory)
    source = "station"
    declared_on = date(2026, 10, 10)

    class Meta:
        model = Declaration


class HouseholdTagFactory(factory.django.DjangoModelFactory):
    household = factory.SubFactory(HouseholdFactory)
    kind = "baseline"
    started_on = date(2026, 1, 1)

    class Meta:
        model = HouseholdTag


class CertificateFactory(factory.django.DjangoModelFactory):
    resident = factory.SubFactory(ResidentFactory)
    kind = "employment"
    number = factory.Sequence(lambda number: f"J{number:08}")
    issued_on = date(2025, 6, 1)

    class Meta:
        model = Certificate


class HardshipApplicationFactory(factory.django.DjangoModelFactory):
    resident = factory.SubFactory(ResidentFactory)
    category = HardshipCategory.DISABLED
    proof = "disability"
    proposed_on = date(2026, 11, 2)

    class Meta:
        model = HardshipApplication
