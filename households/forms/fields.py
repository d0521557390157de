"""Fields of the offices' forms: they read what sheets read, so that a number typed and one loaded mean the same."""

from django import forms
from django.utils.translation import gettext_lazy as _

from city.sheets import columns
from city.sheets.columns import FIRST_YEAR, LAST_YEAR, CellError

EMPTY = ("", "—")
_CLASSES = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.HiddenInput, ""),
    (forms.Widget, "form-control"),
)


def styled(field):
    """The field with the class its widget is drawn by."""
    css = next(css for kind, css in _CLASSES if isinstance(field.widget, kind))
    if css:
        field.widget.attrs.setdefault("class", css)
    return field


class DeskForm(forms.Form):
    """A form of the office. `wide` names fields that take the whole row."""

    wide = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            styled(field).is_wide = name in self.wide

    def refuse(self, refused):
        """Show what the ledger refused at its field, or above the form where the form has none of that name."""
        self.add_error(refused.field if refused.field in self.fields else None, refused.message)


class DayField(forms.DateField):
    def __init__(self, **kwargs):
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(**{"widget": widget, **kwargs})

    def clean(self, value):
        day = super().clean(value)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(_("The year of this date cannot be right."))
        return day


class ReadField(forms.CharField):
    """Text that a column of the sheets reads: full-width digits, spaces and small letters are put right."""

    def __init__(self, read, *, empty="", **kwargs):
        self.read, self.empty = read, empty
        kwargs.setdefault("max_length", 200)
        kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
        super().__init__(**kwargs)

    def clean(self, value):
        written = super().clean(value)
        if not written:
            return self.empty
        try:
            return self.read(written)
        except CellError as error:
            raise forms.ValidationError(str(error)) from None


def id_number_field(**kwargs):
    return ReadField(columns.id_number, label=_("ID number"), max_length=40, **kwargs)


def name_field(**kwargs):
    return ReadField(columns.person_name, label=_("Name"), **kwargs)


_PHONE = _("Phone")


def phone_field(label=_PHONE, **kwargs):
    widget = forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"})
    return ReadField(columns.phone, label=label, max_length=40, required=False, widget=widget, **kwargs)


def number_field(label, highest, **kwargs):
    widget = forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"})
    return ReadField(columns.whole_number(highest), empty=None, label=label, required=False, widget=widget, **kwargs)


def money_field(label, **kwargs):
    widget = forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"})
    return ReadField(columns.money, empty=None, label=label, required=False, widget=widget, **kwargs)


def words_field(label, length, **kwargs):
    return ReadField(columns.text(length), label=label, max_length=length, **{"required": False, **kwargs})


def choice_field(label, choices, *, empty=EMPTY, **kwargs):
    """One of the choices; the first line, when there is one, stands for nothing chosen."""
    choices = [(value, text) for value, text in choices if value != ""]
    return forms.ChoiceField(label=label, choices=[empty, *choices] if empty else choices, **kwargs)


def yes_no_field(label, **kwargs):
    """Yes, no, or not known (None)."""
    return forms.TypedChoiceField(
        label=label,
        choices=[EMPTY, ("yes", _("yes")), ("no", _("no"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        **kwargs,
    )
