"""Naming the other file of a person entered twice."""

from django import forms
from django.utils.translation import gettext_lazy as _

from households.forms.fields import DeskForm
from households.search import LONGEST


class OtherFileForm(DeskForm):
    q = forms.CharField(
        label=_("ID number, phone, name or pinyin initials"),
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
