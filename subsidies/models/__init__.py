from subsidies.models.claims import Approval, Claim, ClaimDocument, ClaimLine, LineFinding, PayeeAccount
from subsidies.models.funds import Fund, FundEntry, in_fen
from subsidies.models.payments import BatchItem, Clawback, Instalment, PaymentBatch
from subsidies.models.policy import Rate

__all__ = [
    "Approval",
    "BatchItem",
    "Claim",
    "ClaimDocument",
    "ClaimLine",
    "Clawback",
    "Fund",
    "FundEntry",
    "Instalment",
    "LineFinding",
    "PayeeAccount",
    "PaymentBatch",
    "Rate",
    "in_fen",
]
