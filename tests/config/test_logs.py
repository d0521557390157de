import json
import logging
import sys

import pytest

from config.logs import JsonFormatter, PlainFormatter, mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("33010219900101123X", "330102************"),
        ("id=330102199001011234,", "id=330102************,"),
        ("330102900101123", "330102************"),
        ("tel 13812345678", "tel 138********"),
        ("area 330102001001", "area 330102001001"),
        ("2026-10-31 12345", "2026-10-31 12345"),
        ("91330100MA27X1234X", "91330100MA27X1234X"),
    ],
)
def test_personal_numbers_are_masked(text, masked):
    assert mask(text) == masked


def record(message, *args, exc_info=None):
    return logging.LogRecord("city", logging.INFO, __file__, 1, message, args, exc_info)


def test_a_line_is_one_json_document_whatever_was_typed():
    line = JsonFormatter().format(record("searched %s", "张三\n{} 330102199001011234"))
    assert "\n" not in line
    assert json.loads(line)["message"] == "searched 张三\n{} 330102************"


def test_tracebacks_are_masked_too():
    try:
        raise ValueError("330102199001011234 already known")
    except ValueError:
        line = record("failed", exc_info=sys.exc_info())
    assert "330102199001011234" not in JsonFormatter().format(line)
    assert "330102199001011234" not in PlainFormatter().format(line)
