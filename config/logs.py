"""Log lines without personal data: ID numbers and phones are masked whatever library wrote them."""

import json
import logging
import re
from datetime import UTC, datetime

ID_NUMBER = re.compile(r"(?<!\d)(\d{6})(?:\d{11}[\dXx]|\d{9})(?![\dXx])")
PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{8}(?!\d)")


def mask(text):
    """The product's one mask for ID numbers: the first six digits and twelve stars."""
    return PHONE.sub(r"\1********", ID_NUMBER.sub(r"\1************", text))


class PlainFormatter(logging.Formatter):
    def format(self, record):
        return mask(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON document a line: a line break typed by a visitor cannot forge a second entry."""

    def format(self, record):
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        if record.exc_info:
            entry["traceback"] = mask(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)
