"""Criteria judged by hand: who judged what, of which area, on which day."""

from city.trail import acting
from reports.models import ManualJudgement


def judge_by_hand(*, area, manual, judged_on, verdict, note, request):
    """Store a judgement; one of the same day is corrected. The next night, and any day computed anew, reads it."""
    with acting(reason="judge_by_hand", request=request):
        judgement, _made = ManualJudgement.objects.update_or_create(
            area=area,
            manual=manual,
            judged_on=judged_on,
            defaults={"verdict": verdict, "note": note, "by": request.user},
        )
    return judgement
