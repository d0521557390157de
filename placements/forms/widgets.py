"""The widgets of this app's forms."""

from django import forms


def text(**attrs):
    return forms.TextInput(attrs={"class": "form-control", **attrs})


def search_box(**attrs):
    return text(type="search", autocomplete="off", **attrs)


def day():
    return forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")


def number(**attrs):
    return forms.NumberInput(attrs={"class": "form-control", "min": 0, **attrs})


def select():
    return forms.Select(attrs={"class": "form-select"})


def tick():
    return forms.CheckboxInput(attrs={"class": "form-check-input"})
