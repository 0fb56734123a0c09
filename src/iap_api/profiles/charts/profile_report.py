"""Lays out the report of a profile on one page: the picture, the changes of its sections, and the needs in words."""

from collections.abc import Sequence

from iap_api.core.sheets.sheet import INK, QUIET, RULE, Sheet
from iap_api.profiles.charts.chart_marks import NEED, rule, shrunk, words
from iap_api.profiles.charts.line_chart import signed
from iap_api.profiles.charts.profile_chart import profile_chart
from iap_api.profiles.charts.told_profile import Told
from iap_api.profiles.reliable_change import Judged

WIDE, HIGH, EDGE = 595.0, 842.0, 28.0
_SAID = {
    "better": "better, by more than chance",
    "worse": "worse, by more than chance",
    "within_chance": "may be chance",
    None: "",
}
_NOTE = "A picture of what adults have seen, to plan support from. It is no test and no diagnosis."


def profile_report(told: Told, titles: Sequence[str], changes: Sequence[Judged]) -> Sheet:
    """Return the page; `titles` are those of the sections, `changes` theirs in the same order, none without an earlier.

    What does not fit beside the picture is counted, never cut in silence.
    """
    chart = profile_chart(told)
    # the words below need at least this much
    scale = min((WIDE - 2 * EDGE + 20) / chart.width, (HIGH - 250) / chart.height)
    page = Sheet(WIDE, HIGH, chart.title, chart.about, [], [], [])
    placed(page, chart, (WIDE - chart.width * scale) / 2, 16, scale)
    top = 16 + chart.height * scale + 12
    if changes:
        top = _sections(page, titles, changes, top) + 12
    _needs(page, told, top)
    page.boxes.append(rule(EDGE, HIGH - 44, WIDE - 2 * EDGE, RULE, 0.8))
    page.words.append(words(EDGE, HIGH - 30, 8.5, WIDE - 2 * EDGE, _NOTE, colour=QUIET))
    return page


def placed(page: Sheet, sheet: Sheet, x: float, y: float, scale: float) -> None:
    """Put a sheet onto a page, smaller."""
    page.boxes.extend(
        one._replace(
            x=x + one.x * scale, y=y + one.y * scale, width=one.width * scale, height=one.height * scale,
            corner=one.corner * scale, weight=one.weight * scale,
        )
        for one in sheet.boxes
    )  # fmt: skip
    page.paths.extend(
        one._replace(x=x + one.x * scale, y=y + one.y * scale, scale=one.scale * scale) for one in sheet.paths
    )
    page.words.extend(
        one._replace(x=x + one.x * scale, y=y + one.y * scale, size=one.size * scale, room=one.room * scale)
        for one in sheet.words
    )


def _sections(page: Sheet, titles: Sequence[str], changes: Sequence[Judged], top: float) -> float:
    page.words.append(words(EDGE, top + 10, 11, 300, "What changed", bold=True))
    y = top + 26
    for title, one in zip(titles[:6], changes, strict=False):
        page.words.append(shrunk(EDGE, y, 9, 7, 240, title))
        page.words.append(words(EDGE + 300, y, 9, 80, f"{one.earlier} to {one.later}", anchor="end"))
        if one.change is not None:
            colour = NEED if one.change < 0 else INK
            page.words.append(words(EDGE + 345, y, 9, 40, signed(one.change), bold=True, anchor="end", colour=colour))
        page.words.append(words(EDGE + 360, y, 9, 180, _SAID[one.reliable], colour=QUIET))
        y += 14
    if any(one.needed for one in changes):
        few = "; ".join(
            f"{title}: {one.needed} points" for title, one in zip(titles, changes, strict=False) if one.needed
        )
        page.words.append(shrunk(EDGE, y, 8, 6.5, WIDE - 2 * EDGE, f"More than chance is: {few}.", colour=QUIET))
        y += 12
    page.words.append(words(EDGE, y, 8, WIDE - 2 * EDGE, "In both kinds of section + is better.", colour=QUIET))
    return y


def _needs(page: Sheet, told: Told, top: float) -> None:
    columns = [one for panel in told.panels for one in panel.columns]
    needs = [one for one in columns if one.in_need]
    if told.norms is None:
        heading = "This instrument has no norms, so nothing is marked as a need"
    elif needs:
        heading = f"In need in {len(needs)} of {len(columns)} strands"
    else:
        heading = "In no strand outside the usual range in the direction of need"
    page.words.append(shrunk(EDGE, top + 10, 11, 9, WIDE - 2 * EDGE, heading, bold=True))
    lines = max(1, min(int((HIGH - 56 - top - 14) // 12), max(6, -(-len(needs) // 2))))
    room = (WIDE - 2 * EDGE) / 2
    shown = needs if len(needs) <= 2 * lines else needs[: 2 * lines - 1]
    for at, one in enumerate(shown):
        x, y = EDGE + room * (at // lines), top + 26 + 12 * (at % lines)
        usual = f" ({one.total}, usual {one.band.lowest} to {one.band.highest})" if one.band else ""
        page.words.append(shrunk(x, y, 8.5, 6.5, room - 8, f"{one.label}  {one.title}{usual}"))
    if len(shown) < len(needs):
        x, y = EDGE + room, top + 26 + 12 * (lines - 1)
        page.words.append(words(x, y, 8.5, room - 8, f"and {len(needs) - len(shown)} more", colour=QUIET))
