"""The pictures that were looked at and approved: the usual ones, and those that could go wrong."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from iap_api.core.sheets.sheet import Sheet
from iap_api.profiles.charts.group_chart import Cell, GroupColumn, Row, ToldGroup, group_chart
from iap_api.profiles.charts.line_chart import SectionLine, ToldLine, TotalAt, line_chart
from iap_api.profiles.charts.profile_chart import profile_chart
from iap_api.profiles.charts.profile_report import profile_report
from iap_api.profiles.charts.told_profile import Told, told_profile
from iap_api.profiles.definition import Instrument, Item, read_instrument, shipped_instrument
from iap_api.profiles.group_figures import Member, figures_of, is_need
from iap_api.profiles.reliable_change import Judged
from iap_api.profiles.scoring import compare, score

SHIPPED = shipped_instrument("bubble-semh-1")
SPRING, AUTUMN = date(2026, 3, 3), date(2025, 11, 4)
LONG = "whose title goes on and on, as some titles do when nobody stops them"
Answer = Callable[[int, Item], int]


def own(count: int, **more: Any) -> Instrument:
    """A school's own instrument without norms, in two sections, with long keys and longer titles."""
    half = count // 2
    sections, items = [], []
    for at, direction in enumerate(("higher_is_better", "lower_is_better")):
        keys = [f"strand_{number}" for number in range(at * half + 1, (at + 1) * half + 1)]
        strands = [{"key": key, "title": f"{key} {LONG}", "about": "What it is about."} for key in keys]
        cluster = {"key": f"c{at}", "title": f"A cluster {LONG}", "strands": strands}
        title = f"A section <b>&amp;</b> {LONG}, not even here"
        sections.append({"key": f"s{at}", "title": title, "direction": direction, "clusters": [cluster]})
        items += [
            {"key": f"{key}_{n}", "section": f"s{at}", "strand": key, "statement": "Seen."}
            for key in keys for n in range(3)
        ]  # fmt: skip
    scale = [{"value": value, "meaning": "Step"} for value in range(5)]
    return read_instrument(
        {"key": "own", "version": "1", "title": f"Our own instrument {LONG}", "wording_owner": "The school",
         "age_years": {"from": 4, "to": 11}, "scale": scale, "re_assessment_interval_weeks": 12, "sections": sections,
         "items": items, **more}
    )  # fmt: skip


def varied(at: int, _item: Item) -> int:
    """Some answer, the same every time."""
    return at * 7 % 11 % 5


def better(at: int, item: Item) -> int:
    """An answer after a good half year."""
    step = 1 if item.section == "developmental" else -1
    return min(4, max(0, varied(at, item) + step * (at % 3 > 0)))


def told(instrument: Instrument, answer: Answer, behind: Answer | None = None, answered: int = 500) -> Told:
    """A profile as its picture takes it."""
    now, before = (
        score(instrument, {one.key: by(at, one) for at, one in enumerate(instrument.items[:answered])}, None, 7)
        for by in (answer, behind or answer)
    )
    return told_profile(
        instrument, now, "AO", SPRING, 7, draft=not now.complete, earlier=before if behind else None,
        earlier_on=AUTUMN if behind else None,
    )  # fmt: skip


def report() -> Sheet:
    """The report of a profile with the autumn behind it."""
    scores = [
        score(SHIPPED, {one.key: by(at, one) for at, one in enumerate(SHIPPED.items)}, None, 7)
        for by in (varied, better)
    ]
    changes = [
        Judged(one.key, one.earlier, one.later, one.change, said, 0.0, 9)  # type: ignore[arg-type]
        for one, said in zip(compare(*scores).sections, ("better", "within_chance"), strict=True)
    ]
    return profile_report(told(SHIPPED, better, varied), [one.title for one in SHIPPED.sections], changes)


def line_told(count: int) -> ToldLine:
    """A child's line of so many profiles, one of them under other norms."""
    days = [date(2021 + at // 3, (1, 5, 10)[at % 3], 11) for at in range(count)]
    totals = [40 + at * 9 % 31 + at for at in range(count)]
    sections = []
    for section, sign in zip(SHIPPED.sections, (1, -1), strict=True):
        found = []
        for at, (on, total) in enumerate(zip(days, totals, strict=True)):
            other = at == 3
            change = None if other or not at else sign * (total - totals[at - 1])
            said = None if change is None or sign < 0 else "within_chance" if abs(change) < 9 else "better"
            said = "worse" if said == "better" and change is not None and change < 0 else said
            found.append(TotalAt(on, total, 136, change, said, "norm_version" if other else None))
        sections.append(SectionLine(section.title, section.direction, found))
    return ToldLine(SHIPPED.title, "AO", sections)


def line(count: int) -> Sheet:
    """The picture of that line."""
    return line_chart(line_told(count))


def group_told(instrument: Instrument, pupils: int) -> ToldGroup:
    """The heat map of so many pupils, most in need first."""
    norm = instrument.norms[-1] if instrument.norms else None
    rows, members = [], []
    for pupil in range(pupils):
        answers = {one.key: better(at + pupil * 3, one) for at, one in enumerate(instrument.items)}
        found = score(instrument, answers, None, 7)
        cells = [Cell(one.total, one.status, is_need(one.direction, one.status)) for one in found.strands]
        rows.append(Row("ABCDE"[pupil % 5] + "MNO"[pupil % 3], cells))
        members.append(Member(UUID(int=pupil), 7, {one.key: one.total for one in found.strands}))
    figures, plan_for = figures_of(instrument, norm, members)
    rank = {one.key: at for at, one in enumerate(plan_for, 1)}
    titles = {t.key: t.title for s in instrument.sections for c in s.clusters for t in c.strands}
    columns = [
        GroupColumn(one.key if len(one.key) <= 3 else str(at), titles[one.key], len(one.in_need_pupil_ids),
                    rank.get(one.key))
        for at, one in enumerate(figures, 1)
    ]  # fmt: skip
    rows.sort(key=lambda one: -one.needs)
    return ToldGroup(instrument.title, norm.version if norm else None, 2, columns, rows)


def group(instrument: Instrument, pupils: int) -> Sheet:
    """The picture of that group."""
    return group_chart(group_told(instrument, pupils))


PICTURES: dict[str, Callable[[], Sheet]] = {
    "profile": lambda: profile_chart(told(SHIPPED, varied)),
    "profile_with_the_earlier_one": lambda: profile_chart(told(SHIPPED, better, varied)),
    "profile_all_zeros": lambda: profile_chart(told(SHIPPED, lambda _at, _item: 0)),
    "profile_all_maxima": lambda: profile_chart(told(SHIPPED, lambda _at, _item: 4, lambda _at, _item: 0)),
    "profile_begun": lambda: profile_chart(told(SHIPPED, varied, answered=40)),
    "profile_of_40_strands_without_norms": lambda: profile_chart(told(own(40), varied)),
    "profile_of_4_strands": lambda: profile_chart(told(own(4), varied, better)),
    "report": report,
    "line": lambda: line(5),
    "line_of_one": lambda: line(1),
    "line_of_50": lambda: line(50),
    "group": lambda: group(SHIPPED, 11),
    "group_of_80": lambda: group(own(4), 80),
    "group_of_40_strands_without_norms": lambda: group(own(40), 3),
    "group_of_nobody": lambda: group(SHIPPED, 0),
}
