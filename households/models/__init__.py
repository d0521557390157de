from households.models.episodes import Visit, ZeroEmploymentEpisode
from households.models.ledger import LabourSpell, LedgerSpan, RegistrationSpan, UnemploymentRegistration
from households.models.residents import (
    HardshipCertification,
    Household,
    LowIncomeStatus,
    Membership,
    Resident,
    TransferRequest,
)

__all__ = [
    "HardshipCertification",
    "Household",
    "LabourSpell",
    "LedgerSpan",
    "LowIncomeStatus",
    "Membership",
    "RegistrationSpan",
    "Resident",
    "TransferRequest",
    "UnemploymentRegistration",
    "Visit",
    "ZeroEmploymentEpisode",
]
