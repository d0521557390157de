from households.models.declarations import Declaration, HouseholdTag
from households.models.episodes import Visit, VisitMember, ZeroEmploymentEpisode
from households.models.ledger import LabourSpell, LedgerSpan, RegistrationSpan, UnemploymentRegistration
from households.models.outside import InsuranceMonth, OutsideFact, ResidentFinding
from households.models.persons import Certificate, CertificateCheck, ContactDetails, FourClear, HardshipApplication
from households.models.residents import (
    HardshipCertification,
    Household,
    LowIncomeStatus,
    Membership,
    Resident,
    TransferRequest,
)

__all__ = [
    "Certificate",
    "CertificateCheck",
    "ContactDetails",
    "Declaration",
    "FourClear",
    "HardshipApplication",
    "HardshipCertification",
    "Household",
    "HouseholdTag",
    "InsuranceMonth",
    "LabourSpell",
    "LedgerSpan",
    "LowIncomeStatus",
    "Membership",
    "OutsideFact",
    "RegistrationSpan",
    "Resident",
    "ResidentFinding",
    "TransferRequest",
    "UnemploymentRegistration",
    "Visit",
    "VisitMember",
    "ZeroEmploymentEpisode",
]
