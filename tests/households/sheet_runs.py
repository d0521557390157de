"""Runs a sheet in a test as the command or a page would."""

from datetime import date

from city.sheets import pipeline
from city.sheets.registry import Terms, kind_named
from city.trail import acting
from tests.city.sheet_files import dict_sheet, id_number

DAY = date(2026, 3, 31)
CODE = "330102001001"


def run(kind, *rows, on=DAY, posting=None, write=True, data=None):
    """The Result of a sheet of these rows ({heading: cell}) or of these bytes."""
    data = data if data is not None else dict_sheet(*rows)
    terms = Terms(on, posting, write)
    if not write:
        return pipeline.run(kind_named(kind), data, terms)
    with acting(reason="test"):
        return pipeline.run(kind_named(kind), data, terms)


def told(result):
    """(accepted, unchanged, rejected)"""
    return result.accepted, result.as_json()["unchanged"], result.as_json()["rejected"]


def refused_columns(result):
    return {(error["row"], error["column"]) for error in result.errors}


def person(**cells):
    """A roster row: an unemployed woman of 1980 unless said otherwise."""
    return {
        "社区代码": CODE,
        "户号": "0001",
        "与户主关系": "户主",
        "姓名": "王芳",
        "身份证号": id_number("19800101", "124"),
        **{heading: str(cell) for heading, cell in cells.items()},
    }
