"""The form of a visit: what is said of the visit, and of each member. It works by thumb, and without scripts."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from households.choices import (
    Campaign,
    Channel,
    FollowUpNeed,
    InactiveReason,
    MemberReport,
    VisitOutcome,
    VisitWay,
)
from households.forms.fields import (
    EMPTY,
    DayField,
    DeskForm,
    choice_field,
    money_field,
    number_field,
    words_field,
    yes_no_field,
)
from households.forms.labour import LONGEST_CONTRACT
from households.models import Visit
from households.told import FollowUp, Told

_REASONS = [(one.value, one.label) for one in InactiveReason if one != InactiveReason.RETIRED]


class MemberForm(DeskForm):
    """What was told about one member. Fields an event has no use for are passed over."""

    report = choice_field(_("Told"), MemberReport.choices, empty=None, initial=MemberReport.UNCHANGED)
    on = DayField(label=_("Since when"), required=False)
    channel = choice_field(_("Kind of work"), Channel.choices, required=False)
    employer_name = words_field(_("Name of the employer"), 120)
    contract_months = number_field(_("Contract months"), LONGEST_CONTRACT)
    monthly_income = money_field(_("Monthly income in yuan"))
    insured = yes_no_field(_("Insured"))
    afterwards = choice_field(
        _("What comes after"),
        [("unemployed", _("Looking for work")), *InactiveReason.choices],
        empty=("", _("Not known yet")),
        required=False,
    )
    reason = choice_field(_("Reason for not looking"), _REASONS, required=False)
    words = words_field(_("In words"), 200)

    def __init__(self, *args, profile, said="", **kwargs):
        self.profile, self.said = profile, said
        super().__init__(*args, prefix=f"m{profile.resident.pk}", use_required_attribute=False, **kwargs)

    _DATED = (MemberReport.FOUND_WORK, MemberReport.LOST_WORK, MemberReport.MOVED, MemberReport.DIED)

    def clean(self):
        told = self.cleaned_data
        report = told.get("report")
        if report == self.said:
            return told  # the visit that is corrected told it alike: nothing is written again
        if report in self._DATED and not told.get("on") and "on" not in self.errors:
            self.add_error("on", _("Give the day."))
        if report == MemberReport.FOUND_WORK and not told.get("channel"):
            self.add_error("channel", _("Choose the kind of work."))
        if report == MemberReport.STOPPED_LOOKING and not told.get("reason"):
            self.add_error("reason", _("Choose a reason."))
        return told

    _JOB = ("channel", "employer_name", "contract_months", "monthly_income", "insured")

    def told(self):
        sent = self.cleaned_data
        report = sent["report"]
        return Told(
            self.profile.resident.pk,
            report,
            on=sent["on"],
            words=sent["words"],
            reason=sent["reason"] if report == MemberReport.STOPPED_LOOKING else "",
            afterwards=sent["afterwards"] if report == MemberReport.LOST_WORK else "",
            job={name: sent[name] for name in self._JOB} if report == MemberReport.FOUND_WORK else {},
        )


class VisitForm(DeskForm):
    """A visit in full; members' answers are in the forms beside it (`members`)."""

    outcome = choice_field(
        _("Outcome"), VisitOutcome.choices, empty=None, initial=VisitOutcome.COMPLETED, widget=forms.RadioSelect
    )
    visited_on = DayField(label=_("Day of the visit"))
    visited_at = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    way = choice_field(_("Way"), VisitWay.choices, empty=None, initial=VisitWay.DOOR)
    visitor = words_field(_("Visitor"), Visit._meta.get_field("visitor").max_length)
    note = forms.CharField(label=_("Note"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}))
    follow_up = choice_field(_("Left to do"), FollowUpNeed.choices, empty=None, initial=FollowUpNeed.NONE)
    follow_up_on = DayField(label=_("To be done by"), required=False)
    follow_up_member = choice_field(_("For whom"), (), required=False)
    campaign = choice_field(_("Campaign"), Campaign.choices, required=False)

    def __init__(self, data=None, *, profiles, initial=None, told=None):
        """`told` are the reports a correction starts from: `{resident_id: (report, words)}`."""
        now = timezone.localtime()
        # No minutes after now: the browser sends what it shows, and the server refuses what lies ahead.
        start = {"visited_on": now.date(), "visited_at": now.strftime("%H:%M"), "visitor": ""}
        super().__init__(data, initial=start | (initial or {}), use_required_attribute=False)
        self.fields["follow_up_member"].choices = [EMPTY] + [(one.resident.pk, one.resident.name) for one in profiles]
        self.members = [
            MemberForm(data, profile=one, initial=_said(told, one), said=(told or {}).get(one.resident.pk, ("",))[0])
            for one in profiles
        ]

    def is_valid(self):
        valid = [form.is_valid() for form in self.asked()]
        return super().is_valid() and all(valid)

    def asked(self):
        """The members' forms count only when somebody was spoken to."""
        sent = self.data.get("outcome", VisitOutcome.COMPLETED) if self.is_bound else VisitOutcome.COMPLETED
        return self.members if sent == VisitOutcome.COMPLETED else []

    def clean(self):
        sent = self.cleaned_data
        need, day = sent.get("follow_up"), sent.get("follow_up_on")
        if need == FollowUpNeed.VISIT_AGAIN and not day and "follow_up_on" not in self.errors:
            self.add_error("follow_up_on", _("Say by which day."))
        if day and sent.get("visited_on") and day < sent["visited_on"]:
            self.add_error("follow_up_on", _("This lies before the visit."))
        if need == FollowUpNeed.OPEN_CASE and not sent.get("follow_up_member"):
            self.add_error("follow_up_member", _("Choose the member a case is to be opened for."))
        return sent

    def values(self):
        """What `record_visit` and `correct_visit` take."""
        sent = self.cleaned_data
        follow_up = FollowUp(
            sent["follow_up"],
            sent["follow_up_on"] if sent["follow_up"] != FollowUpNeed.NONE else None,
            int(sent["follow_up_member"]) if sent["follow_up_member"] else None,
        )
        own = ("outcome", "visited_on", "visited_at", "way", "visitor", "note", "campaign")
        told = [form.told() for form in self.asked()]
        return {name: sent[name] for name in own} | {"follow_up": follow_up, "told": told}

    def refuse(self, refused):
        """Put the service's answer beside its field."""
        form = next((one for one in self.members if one.profile.resident.pk == refused.resident_id), super())
        form.refuse(refused)


def _said(told, profile):
    report, words = (told or {}).get(profile.resident.pk, (MemberReport.UNCHANGED, ""))
    if told is not None and profile.resident.pk not in told:
        report = MemberReport.NOT_SEEN
    return {"report": report, "words": words}
