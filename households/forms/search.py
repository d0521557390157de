from django import forms
from django.utils.translation import gettext_lazy as _

from households.search import LONGEST


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("ID number, phone, name or pinyin initials"),
        required=False,
        max_length=LONGEST,
        error_messages={"max_length": _("Type at most %(limit_value)d characters.")},
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "class": "form-control"}),
    )

    @property
    def query(self):
        return self.cleaned_data["q"] if self.is_valid() else ""
