"""Every night the books are held against each other: claims, lines, steps, funds, batches, the bank, clawbacks.

What does not tally is a finding of the kind "unreconciled": which two sums, of what, and by how much.
"""

from collections import Counter, defaultdict
from decimal import Decimal
from functools import cached_property

from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import findings
from city.findings import Kind, Seen, Sides, Subject, Wording, register_kind
from city.models import Finding
from city.trail import acting
from subsidies.choices import BooksReason, ClaimState, ClawbackState, EntryKind, ItemState, LineStanding, Stage
from subsidies.models import (
    Approval,
    BatchItem,
    Claim,
    ClaimLine,
    Clawback,
    Fund,
    FundEntry,
    Instalment,
    PaymentBatch,
)
from subsidies.rules import ZERO

UNRECONCILED = "unreconciled"
_STEPS = {
    ClaimState.SUBMITTED: 1,
    ClaimState.STATION_CHECKED: 2,
    ClaimState.STREET_REVIEWED: 3,
    ClaimState.DISTRICT_APPROVED: 4,
    ClaimState.PUBLICISED: 4,
    ClaimState.PAYING: 5,
    ClaimState.PAID: 5,
}
_DECIDED = (*ClaimState.RESERVED, ClaimState.PAID)
_STANDS = (LineStanding.LIVE, LineStanding.REVERSED)

#: Rule: what is held against what.
RULES = {
    "lines": (gettext_lazy("Amount of the claim"), gettext_lazy("Sum of its lines")),
    "approved": (gettext_lazy("Lines of the claim"), gettext_lazy("Lines with an approved amount")),
    "steps": (gettext_lazy("Steps by different persons its state asks for"), gettext_lazy("Steps on record")),
    "reserved": (gettext_lazy("Amount of the claim"), gettext_lazy("Reserved for it and not released")),
    "posted": (gettext_lazy("Paid by the bank"), gettext_lazy("Posted to the fund as paid")),
    "paid": (gettext_lazy("Amount of the claim that is paid"), gettext_lazy("Paid by the bank")),
    "payments": (gettext_lazy("Approved for the account"), gettext_lazy("Sent to the account")),
    "batch": (gettext_lazy("Payments and amount of the batch"), gettext_lazy("Payments and amount in it")),
    "fund": (gettext_lazy("Allotted, reserved, paid out"), gettext_lazy("The same by the entries")),
    "recovered": (gettext_lazy("Instalments received"), gettext_lazy("Posted to the fund as recovered")),
    "settled": (gettext_lazy("Asked back and settled"), gettext_lazy("Instalments received")),
}


def reconcile(on):
    """Look at all books. {what became of the findings: number}; a fixed number of questions."""
    books = _Books()
    with acting(reason="reconcile"):
        return findings.record(UNRECONCILED, books.differences(), on)


class _Books:
    """The sums of every table of money, by what they belong to."""

    def differences(self):
        return [
            *self._of_claims("lines", ClaimState.LIVE, lambda claim: claim["total"], self._line_sums),
            *self._of_claims("approved", _DECIDED, lambda claim: self._lines[claim["pk"]], self._approved_lines),
            *self._of_claims("steps", _STEPS, self._needed_steps, self._steps),
            *self._of_claims("reserved", ClaimState, _held, self._reserved),
            *self._of_claims("posted", ClaimState, lambda claim: self._bank[claim["pk"]], self._posted),
            *self._of_claims("paid", [ClaimState.PAID], lambda claim: claim["total"], self._bank),
            *self._of_claims("recovered", ClaimState, lambda claim: self._instalments[claim["pk"]], self._recovered),
            *self._payments(),
            *self._batches(),
            *self._funds(),
            *self._settled(),
        ]

    def _of_claims(self, rule, states, expected, found):
        states = set(states)
        for claim in self._claims:
            if claim["state"] in states and expected(claim) != found[claim["pk"]]:
                yield _unequal(rule, "claim", claim["pk"], claim["number"], claim["area_id"], expected(claim),
                               found[claim["pk"]])  # fmt: skip

    @cached_property
    def _claims(self):
        return list(Claim.objects.order_by("pk").values("pk", "number", "area_id", "state", "round", "total"))

    @cached_property
    def _line_sums(self):
        amount = Coalesce("approved", F("computed"))
        return _sums(ClaimLine.objects.filter(standing__in=_STANDS), "claim", amount=amount)

    @cached_property
    def _lines(self):
        return _counts(ClaimLine.objects.filter(standing__in=_STANDS), "claim")

    @cached_property
    def _approved_lines(self):
        return _counts(ClaimLine.objects.filter(standing__in=_STANDS, approved__isnull=False), "claim")

    @cached_property
    def _steps(self):
        rows = Approval.objects.filter(round=F("claim__round"), stage__in=Stage).order_by().values_list("claim")
        return Counter(dict(rows.annotate(Count("staff", distinct=True))))

    def _needed_steps(self, claim):
        """What the bank refused altogether waits again with its fifth step taken."""
        return max(_STEPS[claim["state"]], self._steps[claim["pk"]])

    @cached_property
    def _entries(self):
        """{(claim, kind): sum}"""
        return _sums(FundEntry.objects.filter(claim__isnull=False), "claim", "kind")

    @cached_property
    def _reserved(self):
        return _over_claims(self._entries, {EntryKind.RESERVE: 1, EntryKind.RELEASE: -1})

    @cached_property
    def _posted(self):
        return _over_claims(self._entries, {EntryKind.PAY: 1})

    @cached_property
    def _recovered(self):
        return _over_claims(self._entries, {EntryKind.RECOVER: 1})

    @cached_property
    def _bank(self):
        return _sums(BatchItem.objects.filter(state=ItemState.PAID), "claim")

    @cached_property
    def _instalments(self):
        return _sums(Instalment.objects, "clawback__line__claim")

    def _payments(self):
        """Every payment that was not refused, against the lines of its account."""
        lines = _sums(ClaimLine.objects.filter(standing__in=_STANDS), "claim", "account", amount=F("approved"))
        items = BatchItem.objects.exclude(state=ItemState.FAILED).order_by("pk")
        for claim_id, account_id, amount, sequence, batch_id, number, area_id in items.values_list(
            "claim", "account", "amount", "sequence", "batch", "batch__number", "batch__area"
        ):
            if amount != lines[claim_id, account_id]:
                name = f"{number} {sequence}"
                yield _unequal("payments", "batch", batch_id, name, area_id, lines[claim_id, account_id], amount)

    def _batches(self):
        counts, sums = _counts(BatchItem.objects, "batch"), _sums(BatchItem.objects, "batch")
        for batch in PaymentBatch.objects.order_by("pk"):
            said, found = f"{batch.items_count} · {batch.total:,.2f}", f"{counts[batch.pk]} · {sums[batch.pk]:,.2f}"
            if said != found:
                yield _unequal("batch", "batch", batch.pk, batch.number, batch.area_id, said, found)

    def _funds(self):
        entries = _sums(FundEntry.objects, "fund", "kind")
        for fund in Fund.objects.select_related("area").order_by("pk"):
            allot, reserve, release, pay, recover = (entries[fund.pk, kind.value] for kind in EntryKind)
            said = " · ".join(f"{sum_:,.2f}" for sum_ in (fund.allotted, fund.reserved, fund.spent))
            found = " · ".join(f"{sum_:,.2f}" for sum_ in (allot, reserve - release - pay, pay - recover))
            if said != found:
                number = " ".join(filter(None, [str(fund.year), fund.area.code, fund.source, fund.purpose]))
                yield _unequal("fund", "fund", fund.pk, number, fund.area_id, said, found)

    def _settled(self):
        received = _sums(Instalment.objects, "clawback")
        for clawback in Clawback.objects.filter(state=ClawbackState.SETTLED).order_by("pk"):
            if received[clawback.pk] != clawback.amount:
                yield _unequal("settled", "clawback", clawback.pk, clawback.number, clawback.area_id, clawback.amount,
                               received[clawback.pk])  # fmt: skip


def _held(claim):
    """What a claim holds of its fund in its state, what is paid of it included."""
    return claim["total"] if claim["state"] in _DECIDED else ZERO


def _sums(rows, *keys, amount=None):
    """{key, or tuple of keys: sum}, of everything else nothing."""
    found = defaultdict(lambda: ZERO)
    rows = rows.order_by().values_list(*keys).annotate(sum=Sum("amount" if amount is None else amount))
    for *key, total in rows:
        found[tuple(key) if len(key) > 1 else key[0]] = total if total is not None else ZERO
    return found


def _counts(rows, key):
    return Counter(dict(rows.order_by().values_list(key).annotate(Count("pk"))))


def _over_claims(entries, signs):
    found = defaultdict(lambda: ZERO)
    for (claim_id, kind), amount in entries.items():
        found[claim_id] += amount * signs.get(kind, 0)
    return found


def _unequal(rule, about, key, number, area_id, expected, found):
    shown = [f"{value:,.2f}" if isinstance(value, Decimal) else str(value) for value in (expected, found)]
    evidence = {"rule": rule, "about": about, "id": key, "number": number, "expected": shown[0], "found": shown[1]}
    return Seen(f"{rule} {number}", area_id, evidence)


def _describe(evidence):
    expected, found = RULES[evidence["rule"]]
    told = {"expected": expected, "first": evidence["expected"], "found": found, "second": evidence["found"]}
    summary = _("%(expected)s %(first)s, but %(found)s %(second)s") % told
    return Sides(summary, [(expected, evidence["expected"])], [(found, evidence["found"])])


def _subjects(finding_ids):
    rows = Finding.objects.filter(pk__in=finding_ids).values_list("pk", "evidence")
    return {
        key: Subject(evidence["number"], reverse(f"subsidies:{evidence['about']}", args=[evidence["id"]]))
        for key, evidence in rows
    }


def _link(pairs):
    """What does not tally is named in the evidence: it may be of any of the tables of money."""


def register_kinds():
    register_kind(
        Kind(
            name=UNRECONCILED,
            label=gettext_lazy("Money that does not tally"),
            reasons=BooksReason,
            describe=_describe,
            subjects=_subjects,
            link=_link,
            see="subsidies.view_funds",
            decide="subsidies.decide_doubts",
            wording=Wording(
                ledger=gettext_lazy("One book says"),
                outside=gettext_lazy("The other book says"),
                explain=gettext_lazy("It is in order"),
                explain_help=gettext_lazy("Say why; a difference that is put right goes by itself the next night."),
                dropped=gettext_lazy("No longer found: the books tally."),
            ),
        )
    )
