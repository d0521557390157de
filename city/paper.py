"""Printed forms by Typst: an app registers a form with its layout in `templates/paper/` and the values it prints.

Values reach the layout as JSON alone: what somebody typed is never markup.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import segno
import typst
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

LAYOUTS = Path(settings.BASE_DIR) / "templates" / "paper"


@dataclass(frozen=True)
class Form:
    """`find(posting, key)` returns the object from what the posting may see, or raises DoesNotExist;
    `values(thing, posting)` what the layout prints; `page` names the panels' page its button stands on;
    `permission` is what printing it asks for besides the right to print.
    """

    name: str
    title: str
    layout: str
    page: str
    find: Callable
    values: Callable
    permission: str = "households.view_residents"


_forms = {}


def register(form):
    _forms[form.name] = form


def form_named(name):
    """The form, or KeyError."""
    return _forms[name]


def forms_of(page):
    return [form for form in _forms.values() if form.page == page]


@cache
def _fonts():
    return typst.Fonts(font_paths=settings.PAPER_FONTS)


def pdf(layout, values):
    """The layout with its values as a PDF (bytes). Raises typst.TypstError for a layout that is wrong."""
    values = {"printed_on": f"{timezone.localdate():%Y年%m月%d日}", **values}
    compiler = typst.Compiler(str(LAYOUTS / layout), root=str(LAYOUTS), font_paths=_fonts())
    return compiler.compile(format="pdf", sys_inputs={"values": json.dumps(values, ensure_ascii=False, default=str)})


def download(content, name):
    """The answer that hands out a PDF."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer


def qr(text):
    """A QR code of a text as SVG, for a layout's `image(bytes(...))`."""
    drawing = io.BytesIO()
    segno.make(text, error="m").save(drawing, kind="svg", scale=4, border=2)
    return drawing.getvalue().decode()
