"""The nightly match with other offices: differences become findings, and nothing else is changed by itself.

A city may let the months it imports confirm the employment they agree with (parameter `insurance_confirms`).
"""

from django.db import connection

from city import bulk, findings, parameters
from city.models import Area
from city.trail import acting
from households import ledger, matching
from households.choices import LabourState
from households.models import LabourSpell


def match(on):
    """Hold what other offices sent against the ledger as of the day. {kind: {what became of its findings: number}}"""
    with acting(reason="match"):
        told = {kind: findings.record(kind, rows, on) for kind, rows in matching.differences(on).items()}
        confirmed = confirm_insured(on)
    return {kind: counts for kind, counts in told.items() if counts} | ({"confirmed": confirmed} if confirmed else {})


_AGREEING = """
SELECT DISTINCT spell.id, spell.resident_id
FROM households_insurancemonth insured
JOIN households_resident resident ON resident.id_hash = insured.id_hash
JOIN households_ledgerspan span
  ON span.resident_id = resident.id AND span.first_on <= %(day)s AND span.last_on >= %(day)s
 AND span.state = {employed}
JOIN households_labourspell spell ON spell.id = span.spell_id AND spell.confirmed_on < %(day)s
LEFT JOIN city_employer employer ON employer.id = spell.employer_id
WHERE insured.month = %(month)s AND span.community_id IN ({communities})
  AND (insured.credit_code <> '' AND insured.credit_code = employer.credit_code
       OR insured.employer_name <> '' AND insured.employer_name = spell.employer_name)
ORDER BY spell.id"""


def confirm_insured(on):
    """Employment at the very employer that paid for the latest month is confirmed on that month's last day.

    Only in communities whose city wishes so, and never backwards. Returns the number of spells.
    """
    month = matching.latest_month(on)
    communities = _confirming(on) if month else []
    if not communities:
        return 0
    statement = _AGREEING.format(
        employed=int(LabourState.EMPLOYED), communities=", ".join(str(int(key)) for key in communities)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"day": month.day.isoformat(), "month": month.first.isoformat()})
        rows = cursor.fetchall()
    if rows:
        bulk.update(LabourSpell, ("confirmed_on",), [(spell_id, month.day) for spell_id, _resident_id in rows])
        ledger.rebuild([resident_id for _spell_id, resident_id in rows])
    return len(rows)


def _confirming(on):
    wishes = parameters.resolve("insurance_confirms", on)
    return [key for key in Area.objects.communities().values_list("pk", flat=True) if wishes[key] is True]
