"""The page that documents every sheet, made from the columns that also make the import and the template."""

from django.utils import translation

from city.sheets.registry import all_kinds

_HEAD = """# Sheets

Written by `manage.py describe_sheets` from the columns the sheets declare; change them there.

Every sheet is read from `.xlsx`, `.xls` (WPS too) or `.csv` (UTF-8 or GB18030). The heading row is the first row
that holds the key column; columns may stand in any order, unknown ones are reported once, blank rows do not count.
Dates are Excel dates, `2026-10-31`, `2026/10/31`, `2026.10.31`, `20261031` or `2026年10月31日`. Full-width digits and
letters, spaces and a lower-case x are normalised. An ID number or credit code in a numeric cell has lost digits and is
refused.

A row is taken whole or refused whole, with every reason at once; refused rows come back in the sheet's own columns
plus 错误原因 and can be corrected and imported again. The same file twice changes nothing. The command
`manage.py import_sheet KIND FILE` acts for the city; on a page a row may only change what lies in the posting's area,
and a person known elsewhere becomes a transfer request. A whole sheet can be undone while nothing was built on it.
"""

_LIMITS = """
## What is refused as a file
More than 20 MB; more than 200 MB unpacked, a ratio above 100 or more than 1,000 parts; macros, links to other files,
files within the file, passwords; more than 200,000 rows; cells scattered far outside a table; text that is neither
UTF-8 nor GB18030; a required column that is missing, with its name.
"""


def described():
    with translation.override("en"):
        return _HEAD + "".join(map(_kind, all_kinds())) + _LIMITS


def _kind(kind):
    lines = [f"\n## {kind.title} (`{kind.name}`)\nKey column {kind.key}.\n", "| column | required | what | choices |"]
    lines.append("| --- | --- | --- | --- |")
    for column in kind.columns:
        required = "yes" if column.required else ""
        lines.append(f"| {column.heading} | {required} | {column.help} | {'、'.join(column.choices)} |")
    if kind.max_rows:
        size = kind.max_bytes // 1024 // 1024
        lines.append(f"\nA text file given to the command may hold {kind.max_rows:,} rows and {size} MB.")
    return "\n".join(lines) + "\n"
