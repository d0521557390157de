"""Every text a page, sheet or command may show has its Chinese; found without GNU gettext."""

import ast
import re

import pytest
from django.conf import settings
from polib import pofile

APPS = ["assistance", "city", "config", "households", "placements", "reports", "subsidies"]
CATALOGUE = settings.BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}

_QUOTED = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_TRANSLATE = re.compile(rf"{{%\s*(?:translate|trans)\s+{_QUOTED}")
_MARKED = re.compile(rf"\b_\({_QUOTED}\)")
_BLOCK = re.compile(r"{%\s*blocktrans(?:late)?\b([^%]*(?:%(?!})[^%]*)*)%}(.*?){%\s*endblocktrans(?:late)?\s*%}", re.S)
_PLURAL = re.compile(r"{%\s*plural\s*%}")
_VARIABLE = re.compile(r"{{\s*(\w+)\s*}}")


def texts_of_python(source):
    """First arguments of gettext calls; literals joined by the parser are one text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def texts_of_template(source):
    for found in [*_TRANSLATE.findall(source), *_MARKED.findall(source)]:
        yield ast.literal_eval(found)
    for _options, body in _BLOCK.findall(source):
        singular = _PLURAL.split(body)[0]
        yield _VARIABLE.sub(r"%(\1)s", singular.replace("%", "%%") if "%" in _VARIABLE.sub("", singular) else singular)


def texts():
    for app in APPS:
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if "migrations" not in path.parts:
                yield from ((text, path.name) for text in texts_of_python(path.read_text("utf-8")))
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        yield from ((text, path.name) for text in texts_of_template(path.read_text("utf-8")))


@pytest.fixture(scope="module")
def chinese():
    entries = [entry for entry in pofile(CATALOGUE) if not entry.obsolete]
    return {entry.msgid: entry.msgstr or entry.msgstr_plural.get(0, "") for entry in entries}


def test_every_text_has_its_chinese(chinese):
    missing = {(text, place) for text, place in texts() if text and not chinese.get(text)}
    assert missing == set()


def test_a_translation_fills_in_what_the_text_fills_in(chinese):
    holes = re.compile(r"%\(\w+\)[sd]")
    wrong = [text for text, told in chinese.items() if set(holes.findall(text)) != set(holes.findall(told))]
    assert wrong == []


def test_the_punctuation_between_chinese_words_is_chinese(chinese):
    halves = re.compile(r"[\u4e00-\u9fff][,:;?]|[,:;?][\u4e00-\u9fff]")
    # A filter splits its words at the comma.
    assert [told for text, told in chinese.items() if text != "yes,no" and halves.search(told)] == []


def test_the_extractor_finds_what_gettext_would():
    template = """{% translate "One" %} {% include "x" with title=_("Two") %}
        {% blocktranslate count n=rows %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}"""
    assert list(texts_of_template(template)) == ["One", "Two", "%(n)s row"]
    assert list(texts_of_python("_('a' 'b'); gettext('c'); other('d')")) == ["ab", "c"]
