"""The four-level network: cities, districts, streets and communities, in any order within the file."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from city import bulk
from city.choices import LEVELS, AreaKind, AreaLevel
from city.models import Area, AreaCode
from city.rules import parent_code
from city.sheets.columns import Column, choice_column, division_code, text, yes_no_column
from city.sheets.registry import CHANGED, NEW, SheetKind

LEVEL_WORDS = {
    "市": AreaLevel.CITY.value,
    "区县": AreaLevel.DISTRICT.value,
    "街道": AreaLevel.STREET.value,
    "社区": AreaLevel.COMMUNITY.value,
}
KIND_WORDS = {
    "城镇": AreaKind.URBAN.value,
    "撤村建居": AreaKind.VILLAGE_TURNED.value,
    "失地农民居住区": AreaKind.SETTLEMENT.value,
    "棚户区回迁": AreaKind.RETURN.value,
}
_FIELDS = ("name", "kind", "main_city", "has_station", "parent_id", "path")
_RANK = {level.value: rank for rank, level in enumerate(LEVELS)}


@dataclass(slots=True, eq=False)
class Known:
    id: int | None
    level: str
    code: str
    name: str
    kind: str = ""
    main_city: bool = False
    has_station: bool = True
    parent: object = None
    path: str = ""


class AreasPlan:
    def __init__(self, terms):
        self.terms = terms
        areas = list(Area.objects.divisions())
        by_id = {
            area.pk: Known(
                area.pk, area.level, area.code, area.name, area.kind, area.main_city, area.has_station, path=area.path
            )
            for area in areas
        }
        for area in areas:
            by_id[area.pk].parent = by_id.get(area.parent_id)
        self._by_code = {known.code: known for known in by_id.values()}
        for area_id, code in AreaCode.objects.values_list("area_id", "code"):
            self._by_code.setdefault(code, by_id[area_id])
        self._rows = {}

    def take(self, rows):
        new, changed = [], {}
        for row in rows:
            code = row.values[0]
            if code and (first := self._rows.setdefault(code, row.number)) != row.number:
                row.refuse("区划代码", _("This code stands in row %(row)d already.") % {"row": first})
        # Superiors first, wherever in the file they stand.
        for row in sorted(rows, key=lambda row: _RANK.get(row.values[2] or "", len(_RANK))):
            self._take(row, new, changed)
        if self.terms.write:
            self._write(new, changed)

    def finish(self):
        """Everything is written with the one chunk."""

    def _take(self, row, new, changed):
        code, name, level, superior, kind, main_city, has_station = row.values
        parent = self._parent(row, code, level, superior)
        known = self._by_code.get(code) if code else None
        if known and level and known.level != level:
            row.refuse("级别", _("This code is known at another level."))
        if row.errors:
            return
        told = {"name": name, "kind": kind, "main_city": main_city, "has_station": has_station, "parent": parent}
        told = {key: value for key, value in told.items() if value is not None}
        if known is None:
            known = self._by_code[code] = Known(None, level, code, **told)
            new.append(known)
            row.outcome = NEW
            return
        changes = {
            key: value
            for key, value in told.items()
            if getattr(known, key) is not value and getattr(known, key) != value
        }
        for key, value in changes.items():
            setattr(known, key, value)
        if changes:
            changed[known] = "parent" in changes
            row.outcome = CHANGED

    def _parent(self, row, code, level, superior):
        if not code or not level or (superior is not None and not superior):
            return None
        wanted = superior or parent_code(code, level)
        if level == AreaLevel.CITY:
            if superior:
                row.refuse("上级代码", _("A city has no superior area here."))
            return None
        parent = self._by_code.get(wanted)
        if parent is None:
            row.refuse(
                "上级代码", _("The superior area %(code)s is neither known nor in this sheet.") % {"code": wanted}
            )
        elif _RANK[parent.level] != _RANK[level] - 1:
            row.refuse("上级代码", _("The superior area is not of the level above."))
        return parent

    @staticmethod
    def _write(new, changed):
        keys = bulk.reserve_ids(Area, len(new)) if new else []
        for area, key in zip(new, keys, strict=True):
            area.id = key
            area.path = f"{area.parent.path if area.parent else '/'}{key}/"
        bulk.insert(
            Area,
            ("id", "level", "code", *_FIELDS),
            [(area.id, area.level, area.code, *_values(area)) for area in new],
        )
        bulk.insert(AreaCode, ("area_id", "code", "started_on"), [(area.id, area.code, None) for area in new])
        for area, moved in changed.items():
            if moved:
                _move(area)
        bulk.update(Area, _FIELDS, [(area.id, *_values(area)) for area in changed])


def _values(area):
    return area.name, area.kind, area.main_city, area.has_station, area.parent and area.parent.id, area.path


def _move(area):
    """Everything below follows: paths tell the scope of every list and figure."""
    before, area.path = area.path, f"{area.parent.path}{area.id}/"
    below = Area.objects.filter(path__startswith=before).exclude(pk=area.id).values_list("id", "path")
    bulk.update(Area, ("path",), [(key, area.path + path[len(before) :]) for key, path in below])


KIND = SheetKind(
    name="areas",
    title=gettext_lazy("Areas"),
    columns=(
        Column("区划代码", division_code, required=True, help=gettext_lazy("12 digits")),
        Column("名称", text(60), required=True),
        choice_column("级别", LEVEL_WORDS, required=True),
        Column("上级代码", division_code, help=gettext_lazy("derived from the code when empty")),
        choice_column("类别", KIND_WORDS),
        yes_no_column("主城区"),
        yes_no_column("设有工作站", help=gettext_lazy("empty: 是")),
    ),
    key="区划代码",
    permission="city.import_frame",
    plan=AreasPlan,
    chunk=None,
)
