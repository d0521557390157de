"""The pages the day of a role opens on."""

from django.urls import reverse


def board_page(posting):
    return reverse("reports:board")


def quarter_page(posting):
    return reverse("reports:quarter")
