"""One roster row by name of its columns, and the rules that need nothing but the row."""

from django.utils.translation import gettext as _

from households.choices import LabourState


class Entry:
    __slots__ = (
        "address",
        "birth_date",
        "category",
        "channel",
        "community",
        "community_code",
        "contract_months",
        "credit_code",
        "education",
        "employer_name",
        "grid",
        "hardship_on",
        "hardships",
        "home_key",
        "hukou",
        "id_hash",
        "id_number",
        "inactive_reason",
        "insured",
        "land_acquired_on",
        "landless",
        "leave_reason",
        "left_on",
        "low_income",
        "monthly_income",
        "name",
        "number",
        "person",
        "phone",
        "phone_hash",
        "registered_on",
        "relation",
        "repeated",
        "row",
        "source",
        "state",
        "state_on",
        "touches_spans",
        "verified_on",
    )

    def __init__(self, row):
        self.row = row
        (
            self.community_code,
            self.number,
            self.relation,
            self.name,
            self.id_number,
            self.grid,
            self.hukou,
            self.education,
            self.address,
            self.phone,
            self.low_income,
            self.landless,
            self.land_acquired_on,
            self.category,
            self.hardships,
            self.hardship_on,
            self.state,
            self.state_on,
            self.inactive_reason,
            self.channel,
            self.employer_name,
            self.credit_code,
            self.contract_months,
            self.monthly_income,
            self.insured,
            self.registered_on,
            self.source,
            self.verified_on,
            self.left_on,
            self.leave_reason,
        ) = row.values
        self.community = self.home_key = self.id_hash = self.phone_hash = self.birth_date = self.person = None
        self.repeated = self.touches_spans = False

    @property
    def confirmed_on(self):
        return self.verified_on or self.state_on

    def check(self):
        """A cell that could not be read is false and not None: it has its error and causes no second one."""
        row, birth = self.row, self.birth_date
        if self.state:
            if self.state_on is None:
                row.refuse("状态起始日期", _("The date is required with a state."))
            elif self.state_on and birth and self.state_on <= birth:
                row.refuse("状态起始日期", _("The state cannot start on or before the birth date."))
        if self.hardships and self.hardship_on is None:
            row.refuse("困难认定日期", _("The date is required with 困难类型."))
        if self.registered_on:
            self._check_registration()
        if self.left_on and self.leave_reason is None:
            row.refuse("离开原因", _("The reason is required with 离开日期."))
        elif self.leave_reason and self.left_on is None:
            row.refuse("离开日期", _("The date is required with 离开原因."))
        if self.left_on and birth and self.left_on <= birth:
            row.refuse("离开日期", _("Nobody leaves on or before the birth date."))

    def _check_registration(self):
        if self.birth_date and self.registered_on < self.birth_date:
            self.row.refuse("失业登记日期", _("The registration lies before the birth date."))
        ends_it = self.state in (LabourState.EMPLOYED.value, LabourState.INACTIVE.value)
        if ends_it and self.state_on and self.registered_on >= self.state_on:
            self.row.refuse("失业登记日期", _("With 就业 or 不在业 the registration must lie before 状态起始日期."))
