"""Which days are school days: by example, against naive counting, and as a frontend asks."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iap_api.schools.school_days import DayOff, SchoolCalendar, Term, Year
from tests.schools.calendars import year_of
from tests.world import World

DAY = timedelta(days=1)
FIRST = date(2026, 1, 1)
KINDS = ("half_term", "inset", "bank_holiday", "holiday")


@st.composite
def calendars(draw: st.DrawFn) -> list[Year]:
    """Up to three years one after the other, with gaps short and long, terms and days off anywhere in them."""
    edges = sorted(draw(st.lists(st.integers(0, 900), min_size=2, max_size=6, unique=True)))
    return [_year(draw, FIRST + one * DAY, FIRST + two * DAY) for one, two in list(pairwise(edges))[::2]]


def _year(draw: st.DrawFn, starts_on: date, ends_on: date) -> Year:
    inside = st.integers(0, (ends_on - starts_on).days).map(lambda days: starts_on + days * DAY)
    edges = sorted(draw(st.lists(inside, max_size=6, unique=True)))
    terms = [Term(f"Term {at}", one, two) for at, (one, two) in enumerate(list(pairwise(edges))[::2])]
    spans = draw(st.lists(st.tuples(st.sampled_from(KINDS), inside, inside), max_size=6))
    return Year(starts_on, ends_on, terms, [DayOff(kind, kind, min(a, b), max(a, b)) for kind, a, b in spans])


def painted(years: list[Year], last: date) -> dict[date, str]:
    """Every day's reason, painted one layer over the other as on a wall calendar; "" is a school day."""
    wall = {FIRST + at * DAY: "no_calendar" for at in range((last - FIRST).days + 1)}

    def paint(from_on: date, until_on: date, word: str) -> None:
        wall.update({day: word for day in wall if from_on <= day <= until_on})

    for before, after in pairwise(years):
        if (after.starts_on - before.ends_on).days <= 100:
            paint(before.ends_on + DAY, after.starts_on - DAY, "out_of_term")
    for year in years:
        paint(year.starts_on, year.ends_on, "out_of_term")
        for term in year.terms:
            paint(term.starts_on, term.ends_on, "")
        for kind in ("holiday", "half_term", "inset", "bank_holiday"):
            for off in year.days_off:
                if off.kind == kind:
                    paint(off.from_on, off.until_on, kind)
    for day in wall:
        if day.weekday() in (5, 6):
            wall[day] = "weekend"
    return wall


@given(calendars())
def test_every_day_is_what_the_wall_calendar_says(years: list[Year]) -> None:
    last = FIRST + 950 * DAY
    wall, calendar = painted(years, last), SchoolCalendar(reversed(years))
    found = {one.on: one for one in calendar.days(FIRST, last)}
    assert {day: one.reason or "" for day, one in found.items()} == wall
    known = {"": True, "no_calendar": None}
    assert all(one.is_school_day is known.get(wall[day], False) for day, one in found.items())
    assert calendar.school_days(FIRST, last) == [day for day, word in wall.items() if not word]


@given(calendars(), st.integers(0, 950), st.integers(0, 60))
def test_school_days_ahead_are_counted_one_by_one(years: list[Year], begins: int, count: int) -> None:
    wall = painted(years, FIRST + 3000 * DAY)
    begin = FIRST + begins * DAY
    found = SchoolCalendar(years).ahead(begin, count)
    passed = [wall[begin + at * DAY] for at in range(1, (found.on - begin).days + 1)]
    assert sum(word in ("", "no_calendar") for word in passed) == count
    assert not passed or passed[-1] in ("", "no_calendar")
    assert found.by_calendar == ("no_calendar" not in passed)


async def test_a_frontend_asks_about_half_term_week_and_is_told_why_nobody_comes(world: World) -> None:
    assert (await world.office.post("/v1/academic-years", year_of(world.north))).status_code == 201
    told = await world.teaching_assistant.get(
        f"/v1/school-days?school_id={world.north}&from_on=2026-10-23&until_on=2026-10-27"
    )
    assert told.status_code == 200, told.text
    week = {"name": "Autumn half-term", "term": "Autumn"}
    assert told.json() == {
        "school_id": str(world.north), "school_days": 1,
        "items": [
            {"on": "2026-10-23", "is_school_day": True, "reason": None, "name": None, "term": "Autumn"},
            {"on": "2026-10-24", "is_school_day": False, "reason": "weekend", "name": None, "term": None},
            {"on": "2026-10-25", "is_school_day": False, "reason": "weekend", "name": None, "term": None},
            {"on": "2026-10-26", "is_school_day": False, "reason": "half_term", **week},
            {"on": "2026-10-27", "is_school_day": False, "reason": "half_term", **week},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("on", "reason", "name"),
    [
        ("2026-09-01", "out_of_term", None),
        ("2026-09-02", "inset", "INSET"),
        ("2026-09-03", None, None),
        ("2026-12-25", "out_of_term", None),
        ("2027-05-31", "bank_holiday", "Spring bank"),
        ("2027-06-01", "half_term", "Summer half-term"),
        ("2027-05-06", "holiday", "Polling station"),
        ("2027-07-21", None, None),
        ("2027-07-22", "out_of_term", None),
        ("2027-09-01", "no_calendar", None),
        ("2026-08-31", "no_calendar", None),
        ("2027-09-04", "weekend", None),
    ],
)
async def test_a_day_has_one_named_reason(world: World, on: str, reason: str | None, name: str | None) -> None:
    assert (await world.office.post("/v1/academic-years", year_of(world.north))).status_code == 201
    told = await world.governor.get(f"/v1/school-days?school_id={world.north}&from_on={on}&until_on={on}")
    (day,) = told.json()["items"]
    assert (day["reason"], day["name"]) == (reason, name)
    assert day["is_school_day"] is ({None: True, "no_calendar": None}.get(reason, False))


async def test_the_summer_between_two_years_is_out_of_term_and_a_year_nobody_entered_is_not(world: World) -> None:
    for begins, ends in (("2026-09-01", "2027-07-21"), ("2027-09-01", "2028-07-20"), ("2030-09-02", "2031-07-21")):
        term = {"name": "All", "starts_on": begins, "ends_on": ends}
        body = year_of(world.north, name=begins[:4], starts_on=begins, ends_on=ends, terms=[term], days_off=[])
        assert (await world.office.post("/v1/academic-years", body)).status_code == 201
    for on, reason in (("2027-08-10", "out_of_term"), ("2029-11-05", "no_calendar")):
        told = await world.senco.get(f"/v1/school-days?school_id={world.north}&from_on={on}&until_on={on}")
        assert [one["reason"] for one in told.json()["items"]] == [reason]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from_on=2026-09-02&until_on=2026-09-01", "/until_on"),
        ("from_on=2026-09-01&until_on=2027-10-06", "/until_on"),
        ("from_on=9999-01-01&until_on=9999-01-02", "/from_on"),
        ("from_on=2026-09-01", "/until_on"),
    ],
)
async def test_days_that_cannot_be_asked_for_are_named(world: World, query: str, pointer: str) -> None:
    refused = await world.office.get(f"/v1/school-days?school_id={world.north}&{query}")
    assert refused.status_code == 422
    assert pointer in [one["pointer"] for one in refused.json()["errors"]]


async def test_four_hundred_days_are_told_and_another_schools_none(world: World) -> None:
    most = "from_on=2026-09-01&until_on=2027-10-05"
    told = await world.office.get(f"/v1/school-days?school_id={world.north}&{most}")
    assert len(told.json()["items"]) == 400
    for school in (world.south, "01890a5d-ac96-774b-bcce-b302099a8057"):
        refused = await world.office.get(f"/v1/school-days?school_id={school}&{most}")
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/school_id")
