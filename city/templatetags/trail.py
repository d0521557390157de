from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

_REASONS = {
    "sign_in": _("Signed in"),
    "sign_out": _("Signed out"),
    "sign_in_failed": _("Failed to sign in"),
    "refused": _("Was refused"),
    "reveal": _("Opened a full number"),
    "switch_posting": _("Switched to another posting"),
    "upload": _("Uploaded a sheet"),
    "import": _("Had a sheet written"),
    "drop": _("Dropped a sheet"),
    "undo": _("Had a sheet undone"),
    "download": _("Downloaded a file"),
    "export": _("Exported"),
    "run": _("A job ended"),
    "night": _("Night"),
}


@register.filter
def reason_words(reason):
    """Kinds of events in words; other reasons were written for reading."""
    return _REASONS.get(reason, reason)
