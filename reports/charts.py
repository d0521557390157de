"""Pictures as plain Vega-Lite dicts, drawn to SVG on the server by the job that made their figures."""

import vl_convert

FONT = "PingFang SC, Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, sans-serif"
ACCENT, RUNNING, INK, INK_SOFT, LINE = "#0a5a8a", "#8fb8d0", "#18222d", "#55636f", "#dfe5ea"


def specification(points):
    """Bars of the share of communities that met the rules, by quarter; each labelled with its numbers.

    `points`: [{"quarter": "2026 Q3", "met": 12, "communities": 16, "running": False}], oldest first. A quarter without
    a stored night has `communities` 0 and shows a gap. Words are left to the page: one picture
    serves both languages.
    """
    values = [
        {
            "quarter": point["quarter"],
            "share": point["met"] / point["communities"] if point["communities"] else None,
            "label": f"{point['met']}/{point['communities']}" if point["communities"] else "–",
            "running": point["running"],
        }
        for point in points
    ]
    quarter = {
        "field": "quarter",
        "type": "ordinal",
        "sort": [value["quarter"] for value in values],
        "axis": {"title": None, "labelAngle": 0, "domainColor": LINE, "ticks": False, "labelPadding": 8},
    }
    share = {
        "field": "share",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {
            "title": None,
            "format": ".0%",
            "values": [0, 0.25, 0.5, 0.75, 1],
            "gridColor": LINE,
            "domain": False,
            "ticks": False,
        },
    }
    colour = {"condition": {"test": "datum.running", "value": RUNNING}, "value": ACCENT}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 1120,
        "height": 220,
        "background": None,
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "bar", "width": {"band": 0.55}, "cornerRadiusEnd": 2},
                "encoding": {"x": quarter, "y": share, "color": colour},
            },
            {
                "mark": {"type": "text", "dy": -9, "fontSize": 13, "fontWeight": 600, "color": INK},
                "encoding": {"x": quarter, "y": share, "text": {"field": "label"}},
            },
        ],
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "axis": {"labelColor": INK_SOFT, "labelFontSize": 12},
        },
    }


def draw(spec):
    """The SVG text of a specification. About 0.1 s, 1.2 s the first time: never in a request."""
    return vl_convert.vegalite_to_svg(spec)
