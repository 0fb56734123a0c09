"""Specifications as a frontend draws them: compiled by Vega-Lite itself, with every total and every mark there."""

from typing import Any
from xml.etree import ElementTree

import pytest
import vl_convert

from iap_api.profiles.charts import vega_lite
from tests.profiles.pictures import SHIPPED, better, group_told, line_told, own, told, varied

TEXT = "{http://www.w3.org/2000/svg}text"
SPECS = {
    "profile": lambda: vega_lite.profile_spec(told(SHIPPED, better, varied)),
    "profile without norms": lambda: vega_lite.profile_spec(told(own(40), varied)),
    "profile begun": lambda: vega_lite.profile_spec(told(SHIPPED, varied, answered=40)),
    "line": lambda: vega_lite.line_spec(line_told(6)),
    "line of none": lambda: vega_lite.line_spec(line_told(0)),
    "group": lambda: vega_lite.group_spec(group_told(SHIPPED, 11)),
    "group of nobody": lambda: vega_lite.group_spec(group_told(SHIPPED, 0)),
}


def texts(spec: Any) -> list[str]:
    svg = vl_convert.vegalite_to_svg(spec, vl_version="5.20")
    return [one.text or "" for one in ElementTree.fromstring(svg).iter(TEXT)]  # noqa: S314 - our own


@pytest.mark.parametrize("name", SPECS)
def test_it_is_vega_lite_of_the_version_it_names_with_a_title_and_the_picture_in_words(name: str) -> None:
    spec = SPECS[name]()
    assert spec["$schema"] == "https://vega.github.io/schema/vega-lite/v5.json"
    assert len(spec["description"]) > 40
    assert spec["title"] in texts(spec)


def test_every_total_stands_on_its_bar() -> None:
    shown = told(SHIPPED, better, varied)
    found = texts(vega_lite.profile_spec(shown))
    columns = [one for panel in shown.panels for one in panel.columns]
    assert {one.label for one in columns} <= set(found)
    assert {str(one.total) for one in columns} <= set(found)


def test_a_line_breaks_where_a_step_is_not_told_and_says_every_other_change() -> None:
    spec = vega_lite.line_spec(line_told(6))
    values = spec["vconcat"][0]["data"]["values"]
    assert [one["run"] for one in values] == [0, 0, 0, 1, 1, 1]
    assert {one["said"] for one in values if one["said"]} <= set(texts(spec))


def test_a_need_is_told_by_a_mark_as_well_as_by_its_colour() -> None:
    shown = group_told(SHIPPED, 11)
    needs = sum(row.needs for row in shown.rows)
    found = texts(vega_lite.group_spec(shown))
    assert needs
    assert sum(one.endswith(("▲", "▼")) for one in found) == needs
    assert {one.whose for one in shown.rows} <= set(found)
