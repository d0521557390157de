"""The rows of the roster sheet: new and again unchanged, against reading it and copying it to a bare table."""

import io
import json
import resource
import tempfile
import time
from contextlib import redirect_stdout
from datetime import date, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from python_calamine import load_workbook
from xlsxwriter import Workbook

from city.models import Area
from city.rules import id_check_digit
from households.sheets.columns import ROSTER

ROWS = 100_000
_MOST_MEMORY = 300
_STATES = (("就业", ""), ("就业", ""), ("就业", ""), ("失业", ""), ("不在业", "在校"))


def _row(number, codes):
    """A resident nobody knows yet, in a household of three, with every column of the sheet filled that may be."""
    born = date(1965, 1, 1) + timedelta(days=number % 14_000)
    body = f"{330200 + number // 1_400_000:06d}{born:%Y%m%d}{number // 14_000 % 1000:03d}"
    state, reason = _STATES[number % len(_STATES)]
    works = state == "就业"
    return {
        "社区代码": codes[number // 3 % len(codes)],
        "户号": f"9{number // 3:07d}",
        "与户主关系": ("户主", "配偶", "子女")[number % 3],
        "姓名": f"测{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{'春夏秋冬'[number % 4]}",
        "身份证号": body + id_check_digit(body),
        "户籍性质": "城镇",
        "文化程度": "大专",
        "住址": f"测试路{number % 900}号",
        "联系电话": f"154{number:08d}",
        "就业状态": state,
        "状态起始日期": f"{date(2022, 1, 1) + timedelta(days=number % 1000)}",
        "未就业原因": reason,
        "就业渠道": "单位就业" if works else "",
        "就业单位": f"测试公司{number % 500}" if works else "",
        "合同月数": "24" if works else "",
        "月收入": f"{3000 + number % 4000}" if works else "",
        "参保": "是" if works else "",
        "信息来源": "入户",
        "核实日期": "2025-06-30",
    }


def _write(path, codes, rows):
    headings = [column.heading for column in ROSTER]
    with Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, headings)
        for number in range(rows):
            row = _row(number, codes)
            for place, heading in enumerate(headings):
                if row.get(heading):
                    sheet.write_string(number + 1, place, row[heading])
    return len(headings)


def _read_and_copy(path, columns):
    """The yardstick: calamine's rows, copied as they are into a table of texts without a key or an index."""
    names = ", ".join(f"c{place}" for place in range(columns))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_roster")
        cursor.execute(f"CREATE TABLE bench_roster ({', '.join(f'c{place} text' for place in range(columns))})")
        text = io.StringIO()
        for row in load_workbook(path).get_sheet_by_index(0).iter_rows():
            text.write("\t".join(map(str, row)) + "\n")
        text.seek(0)
        cursor.copy_expert(f"COPY bench_roster ({names}) FROM STDIN", text)
        cursor.execute("DROP TABLE bench_roster")


def _import(path):
    """Seconds of one import and its result."""
    out = io.StringIO()
    started = time.perf_counter()
    with redirect_stdout(io.StringIO()):
        call_command("import_sheet", "roster", str(path), json=True, stdout=out)
    return time.perf_counter() - started, json.loads(out.getvalue())


def measure(rows=ROWS):
    codes = list(Area.objects.communities().order_by("code").values_list("code", flat=True))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roster.xlsx"
        columns = _write(path, codes, rows)
        new, first = _import(path)
        again, second = _import(path)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        started = time.perf_counter()
        _read_and_copy(path, columns)
        by_hand = time.perf_counter() - started
    told = f"roster sheet, {rows} × {columns}"
    yield f"{told}, {first['accepted']} new", new, by_hand, 4
    yield f"{told}, {second['unchanged']} unchanged", again, by_hand, 3
    yield f"{told}, peak memory in MB", peak, _MOST_MEMORY, 1
