"""The pictures as Vega-Lite specifications, for frontends that draw by themselves: data, marks and a description."""

from typing import Any

from iap_api.profiles.charts.chart_marks import BAND, BAR, EARLIER, NEED
from iap_api.profiles.charts.group_chart import ToldGroup, group_in_words
from iap_api.profiles.charts.line_chart import ToldLine, line_in_words, signed
from iap_api.profiles.charts.told_profile import Told, day, in_words

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
Spec = dict[str, Any]


def _spec(title: str, description: str, **more: Any) -> Spec:
    return {"$schema": SCHEMA, "title": title, "description": description, "background": "white", **more}


def profile_spec(told: Told) -> Spec:
    """Return the histogram: a part for each panel, in each the range, the earlier total, the total and its mark."""
    parts = []
    for panel in told.panels:
        values = [
            {"strand": one.label, "title": one.title, "total": one.total, "maximum": one.maximum,
             "earlier": one.earlier, "status": one.status, "in_need": one.in_need,
             "low": one.band.lowest if one.band else None, "high": one.band.highest if one.band else None}
            for one in panel.columns
        ]  # fmt: skip
        better = "more is better" if panel.direction == "higher_is_better" else "less is better"
        x: Spec = {
            "field": "strand",
            "type": "nominal",
            "sort": None,
            "axis": {"labelAngle": 0, "labelPadding": 16, "title": None},
        }
        tooltip = [{"field": name} for name in ("title", "total", "earlier", "low", "high", "status")]

        most = max(one.maximum for one in panel.columns)

        def y(field: str, most: int = most) -> Spec:
            return {"field": field, "type": "quantitative", "title": "points", "scale": {"domain": [0, most]}}

        parts.append(
            {
                "title": {"text": panel.title, "subtitle": better, "anchor": "start"},
                "data": {"values": values},
                "width": {"step": 34},
                "encoding": {"x": x, "tooltip": tooltip},
                "layer": [
                    {"mark": {"type": "bar", "width": {"band": 0.95}, "color": BAND, "stroke": EARLIER},
                     "transform": [{"filter": "datum.low !== null"}],
                     "encoding": {"y": y("low"), "y2": {"field": "high"}}},
                    {"mark": {"type": "bar", "width": {"band": 0.75}, "filled": False, "stroke": EARLIER,
                              "strokeDash": [3, 2]},
                     "transform": [{"filter": "datum.earlier !== null"}],
                     "encoding": {"y": y("earlier")}},
                    {"mark": {"type": "bar", "width": {"band": 0.42}, "color": BAR}, "encoding": {"y": y("total")}},
                    {"mark": {"type": "text", "dy": -7, "fontWeight": "bold"},
                     "encoding": {"y": y("total"), "text": {"field": "total"}}},
                    {"mark": {"type": "point", "filled": True, "size": 60, "opacity": 1, "color": NEED, "yOffset": 8,
                              "shape": "triangle-down" if panel.direction == "higher_is_better" else "triangle-up"},
                     "transform": [{"filter": "datum.in_need"}],
                     "encoding": {"y": {"datum": 0, "type": "quantitative"}}},
                ],
            }
        )  # fmt: skip
    title = f"{told.instrument}: {told.whose}, {day(told.observed_on)}"
    return _spec(title, in_words(told), hconcat=parts)


def line_spec(told: ToldLine) -> Spec:
    """Return the line: a part for each section, with the change to each profile beside its total."""
    parts = []
    for section in told.sections:
        values = [
            {"on": one.observed_on.isoformat(), "total": one.total, "change": one.change, "reliable": one.reliable,
             "reason": one.reason, "said": "" if one.change is None else signed(one.change)}
            for one in section.totals
        ]  # fmt: skip
        # a line that stops wherever a step is not told
        run = 0
        for value in values:
            run += value["reason"] is not None
            value["run"] = run
        most = max((one.maximum for one in section.totals), default=1)
        better = "more is better" if section.direction == "higher_is_better" else "less is better"
        parts.append(
            {
                "title": {"text": section.title, "subtitle": better, "anchor": "start"},
                "data": {"values": values},
                "width": 640,
                "encoding": {
                    "x": {"field": "on", "type": "temporal", "title": None, "axis": {"format": "%b %Y"}},
                    "y": {"field": "total", "type": "quantitative", "title": "points", "scale": {"domain": [0, most]}},
                    "tooltip": [{"field": name} for name in ("on", "total", "change", "reliable", "reason")],
                },
                "layer": [
                    {"mark": {"type": "line", "color": BAR}, "encoding": {"detail": {"field": "run"}}},
                    {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "color": BAR}},
                    {"mark": {"type": "text", "dy": 16}, "encoding": {"text": {"field": "said"}}},
                    {"mark": {"type": "text", "dy": -12, "fontWeight": "bold"},
                     "encoding": {"text": {"field": "total"}}},
                ],
            }
        )  # fmt: skip
    return _spec(f"{told.instrument}: {told.whose} over time", line_in_words(told), vconcat=parts)


def group_spec(told: ToldGroup) -> Spec:
    """Return the heat map; a need is dark and marked by a triangle too, and rows are numbered, for initials repeat."""
    values = [
        {"row": number, "pupil": row.whose, "strand": column.label, "title": column.title, "total": cell.total,
         "side": cell.side, "in_need": cell.in_need,
         "mark": f"{cell.total} {'▲' if cell.side == 'above' else '▼'}" if cell.in_need else str(cell.total)}
        for number, row in enumerate(told.rows, 1)
        for column, cell in zip(told.columns, row.cells, strict=True)
    ]  # fmt: skip
    names = "{" + ",".join(f"'{number}':{_quoted(row.whose)}" for number, row in enumerate(told.rows, 1)) + "}"
    rows: Spec = {"field": "row", "type": "ordinal", "title": None}
    if told.rows:
        rows["axis"] = {"labelExpr": f"{names}[datum.label]"}
    return _spec(
        f"{told.instrument}: {len(told.rows)} pupils",
        group_in_words(told),
        data={"values": values},
        width={"step": 34},
        height={"step": 18},
        encoding={
            "x": {"field": "strand", "type": "nominal", "sort": None, "title": None,
                  "axis": {"orient": "top", "labelAngle": 0}},
            "y": rows,
            "tooltip": [{"field": name} for name in ("pupil", "title", "total", "side")],
        },
        layer=[
            {"mark": {"type": "rect", "stroke": "white"},
             "encoding": {"color": {"condition": {"test": "datum.in_need", "value": NEED}, "value": BAND}}},
            {"mark": {"type": "text"},
             "encoding": {"text": {"field": "mark"},
                          "color": {"condition": {"test": "datum.in_need", "value": "white"}, "value": "black"}}},
        ],
    )  # fmt: skip


def _quoted(text: str) -> str:
    # initials are letters and digits; whatever else could come here may not end the expression
    return "'" + "".join(one for one in text if one.isalnum() or one == "?") + "'"
