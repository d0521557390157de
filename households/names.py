"""Pinyin initials of a name, for search: 单小红 is found by SXH, as its bearer says it."""

from functools import cache

from pypinyin import Style, lazy_pinyin

#: Characters that are read otherwise when they stand as a surname.
_SURNAMES = {
    "万俟": "MQ",
    "单于": "CY",
    "尉迟": "YC",
    "澹台": "TT",
    "长孙": "ZS",
    "乐": "Y",
    "仇": "Q",
    "任": "R",
    "佴": "N",
    "冼": "X",
    "区": "O",
    "华": "H",
    "单": "S",
    "召": "S",
    "员": "Y",
    "宁": "N",
    "宓": "M",
    "尉": "W",
    "应": "Y",
    "折": "S",
    "曾": "Z",
    "朴": "P",
    "查": "Z",
    "牟": "M",
    "盖": "G",
    "石": "S",
    "种": "C",
    "秘": "B",
    "繁": "P",
    "缪": "M",
    "翟": "Z",
    "葛": "G",
    "行": "X",
    "覃": "Q",
    "解": "X",
    "谌": "C",
    "逄": "P",
    "郇": "X",
    "重": "C",
    "隗": "W",
    "黑": "H",
}


@cache
def _initial(character):
    if character.isascii():
        return character.upper() if character.isalpha() else ""
    read = lazy_pinyin(character, style=Style.FIRST_LETTER, errors="ignore")
    return read[0][:1].upper() if read else ""


def initials(name):
    surname = 2 if name[:2] in _SURNAMES else 1 if name[:1] in _SURNAMES else 0
    return (_SURNAMES.get(name[:surname], "") + "".join(map(_initial, name[surname:])))[:60]
