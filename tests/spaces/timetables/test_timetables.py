"""Timetables as those meet them who print a week: for a child's tray, and for the wall of the base."""

import io
import re
from datetime import timedelta
from itertools import pairwise
from xml.etree import ElementTree

import httpx
import pytest
from pypdf import PdfReader

from iap_api.core import clock
from tests.core.recorded import entries_of, named_in
from tests.spaces.calendars.subscribing import book, tomorrow
from tests.world import World

NEXT = clock.today() + timedelta(days=7 - clock.today().weekday())


def at(day: int, hour: int, minute: int = 0) -> dict[str, object]:
    """A time on a day of next week, 0 for Monday, until half an hour later."""
    start = tomorrow(hour, minute, days=(NEXT - clock.today()).days + day)
    return {"starts_at": start, "ends_at": start + timedelta(minutes=30)}


def on_picture(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own
    return " ".join(one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text"))


def on_paper(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    (page,) = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(page.extract_text().split())


async def test_an_assistant_prints_amiras_week_and_she_sees_that_after_the_lesson_comes_the_quiet_room(
    world: World,
) -> None:
    """At five to nine on Monday, at the base's computer: one click, one page, into the tray of a child who cannot
    read yet. She finds the wave, and knows that the lesson goes on after it."""
    ta = world.teaching_assistant
    start = tomorrow(9, days=(NEXT - clock.today()).days)
    lesson = await book(
        ta, world.classroom, world.amira, world.ben, purpose="lesson", starts_at=start,
        ends_at=start + timedelta(hours=2),
    )  # fmt: skip
    calm = {"starts_at": start + timedelta(minutes=60), "ends_at": start + timedelta(minutes=80)}
    await book(ta, world.sensory, world.amira, takes_from=[lesson["id"]], **calm)
    gone = await book(ta, world.dome, world.amira, **at(2, 13))
    assert (await ta.verb(f"/v1/bookings/{gone['id']}", "cancel")).status_code == 200
    path = f"/v1/pupils/{world.amira}/timetable?week={NEXT}"
    for shown in (on_picture(await ta.get(path)), on_paper(await ta.get(f"{path}&format=pdf"))):
        assert "Amira’s week" in shown
        assert re.findall(r"\d+:\d\d–\d+:\d\d", shown) == ["9:00–10:00", "10:00–10:20", "10:20–11:00"]
        for word in ("Lesson", "Classroom", "Regulation", "Sensory room"):
            assert word in shown
        # her first name, and of nobody else anything; what is cancelled is not shown
        for word in ("Okafor", "Ben", "BO", "AO", "dome", "Bubble"):
            assert word not in shown


async def test_the_wall_of_the_base_has_every_booking_of_the_week_with_initials_and_no_name(world: World) -> None:
    lead = world.base_lead
    await book(world.senco, world.sensory, world.amira, world.mainstream, **at(0, 10))
    await book(lead, world.stem, world.ben, **at(0, 10))
    await book(lead, world.dome, world.cara, purpose="sensory_circuit", **at(4, 14))
    await book(world.senco, world.dome, world.mainstream, **at(3, 14))
    gone = await book(lead, world.classroom, world.dev, **at(2, 11))
    assert (await lead.verb(f"/v1/bookings/{gone['id']}", "cancel")).status_code == 200
    path = f"/v1/bases/{world.bubble}/timetable?week={NEXT}"
    for shown in (on_picture(await lead.get(path)), on_paper(await lead.get(f"{path}&format=pdf"))):
        assert "The Bubble" in shown
        # the child who is not placed there is one more, and what the hall is used for by others is not the base's
        assert shown.count("10:00–10:30") == 2
        for word in ("AO +1", "BO", "CO", "Sensory room", "STEM room", "Solar dome"):
            assert word in shown
        for word in ("Amira", "Ben", "Cara", "Mina", "Okafor", "MO", "DO", "Classroom"):
            assert word not in shown
        assert shown.count("dome") == 1


async def test_a_lesson_is_called_by_its_subject_as_on_the_schools_own_timetable(world: World) -> None:
    ta = world.teaching_assistant
    await book(ta, world.classroom, world.amira, purpose="lesson", subject="mathematics", **at(0, 9))
    await book(ta, world.classroom, world.amira, purpose="reintegration_lesson", subject="english", **at(1, 9))
    await book(ta, world.classroom, world.amira, purpose="lesson", subject="other", **at(2, 9))
    for path in (f"/v1/pupils/{world.amira}/timetable?week={NEXT}", f"/v1/bases/{world.bubble}/timetable?week={NEXT}"):
        for shown in (on_picture(await ta.get(path)), on_paper(await ta.get(f"{path}&format=pdf"))):
            assert {"Maths", "English", "Lesson"} <= set(shown.split())
            assert "English in class" in shown


async def test_what_overlaps_stands_side_by_side(world: World) -> None:
    for room, pupil in ((world.sensory, world.amira), (world.stem, world.ben), (world.classroom, world.cara)):
        await book(world.base_lead, room, pupil, **at(1, 10))
    answer = await world.base_lead.get(f"/v1/bases/{world.bubble}/timetable?week={NEXT}")
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own
    cards = [one.attrib for one in root.iter("{http://www.w3.org/2000/svg}rect") if float(one.get("rx", 0)) > 2]
    edges = sorted((float(one["x"]), float(one["x"]) + float(one["width"])) for one in cards)
    assert len({one["y"] for one in cards}) == 1
    assert all(left[1] < right[0] for left, right in pairwise(edges))
    assert len(edges) == 3


async def test_any_day_of_the_week_names_it_and_without_one_it_is_this_week(world: World) -> None:
    await book(world.senco, world.sensory, world.amira, **at(1, 10))
    path = f"/v1/pupils/{world.amira}/timetable"
    monday, sunday = [await world.senco.get(f"{path}?week={NEXT + timedelta(days=one)}") for one in (0, 6)]
    assert monday.content == sunday.content
    assert "Sensory room" in on_picture(monday)
    assert "Nothing is booked this week." in on_picture(await world.senco.get(path))
    for wrong in ("week=2026-W48", "week=9999-01-01", "format=docx", "weeks=2026-11-23"):
        assert (await world.senco.get(f"{path}?{wrong}")).status_code == 422


@pytest.mark.parametrize("form", ["svg", "pdf"])
async def test_each_sheet_is_recorded_with_whom_it_shows(world: World, form: str) -> None:
    await book(world.senco, world.sensory, world.amira, world.ben, **at(1, 10))
    lead = world.base_lead
    answers = [await lead.get(f"/v1/{path}/timetable?week={NEXT}&format={form}")
               for path in (f"bases/{world.bubble}", f"pupils/{world.cara}")]  # fmt: skip
    found = [(one.kind, one.resource, one.resource_id, named_in(one)) for one in await entries_of(world, lead)]
    assert found == [
        ("read", "timetable", world.bubble, {world.amira, world.ben}),
        ("read", "timetable", world.cara, {world.cara}),
    ]
    again = await lead.get(
        f"/v1/bases/{world.bubble}/timetable?week={NEXT}&format={form}", If_None_Match=answers[0].headers["ETag"]
    )
    # unchanged, and read all the same
    assert (again.status_code, len(await entries_of(world, lead))) == (304, 3)


async def test_a_sheet_says_what_it_is_and_runs_nothing(world: World) -> None:
    path = f"/v1/pupils/{world.amira}/timetable"
    picture, page = await world.senco.get(path), await world.senco.get(f"{path}?format=pdf", Accept="application/pdf")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert picture.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert page.headers["Content-Type"] == "application/pdf"
    assert picture.headers["Content-Disposition"] == 'inline; filename="timetable.svg"'
    assert {one.headers["Cache-Control"] for one in (picture, page)} == {"private, no-store"}


async def test_whose_week_a_role_may_print(world: World) -> None:
    seen = {}
    for name in ("teaching_assistant", "class_teacher", "south_senco", "governor"):
        person = world.people[name]
        seen[name] = [
            (await person.get(f"/v1/{path}/timetable")).status_code
            for path in (f"bases/{world.bubble}", f"pupils/{world.amira}", f"pupils/{world.mainstream}")
        ]
    assert seen == {
        "teaching_assistant": [200, 200, 404], "class_teacher": [404, 200, 200], "south_senco": [404, 404, 404],
        "governor": [403, 403, 403],
    }  # fmt: skip
