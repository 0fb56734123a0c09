"""Who else is in the lesson: a teacher who follows one child into a room learns how many others come, not who."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from iap_api.core import clock
from tests.core.recorded import entries_of, named_in
from tests.spaces.bookings.test_bookings import booking
from tests.spaces.bookings.test_what_spaces_ask import moved_to, release, set_up
from tests.spaces.series.terms import enter_year, weekly
from tests.world import Person, World

NOTE = "Dev was moved away from Cara on Friday"


def seen(answer: Any) -> tuple[list[str], int, str | None]:
    """Whom an answer names, how many more there are, and what is written about them."""
    document = answer.json()
    return document["pupil_ids"], document["others"], document["note"]


async def made(person: Person, path: str, body: Any) -> str:
    answer = await person.post(path, body)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


async def off_the_caseload(world: World, person: Person, pupil: UUID) -> None:
    found = await world.senco.get(f"/v1/caseloads?account_id={person.account.id}&pupil_id={pupil}")
    for one in found.json()["items"]:
        ended = await world.senco.verb(f"/v1/caseloads/{one['id']}", "end", {"until_on": "2026-09-02"})
        assert ended.status_code == 200, ended.text


async def test_a_class_teacher_looks_up_where_amira_is_and_reads_nothing_of_the_other_three(world: World) -> None:
    """Five to nine at the classroom door, on her phone: Amira is in The Bubble this morning, with three others."""
    whole = booking(world.classroom, "09:00", "12:00", whole_base=True, note=NOTE)
    lesson = await made(world.base_lead, "/v1/bookings", whole)
    listed = await world.class_teacher.get(f"/v1/bookings?pupil_id={world.amira}")
    (one,) = listed.json()["items"]
    assert (one["pupil_ids"], one["others"], one["note"]) == ([str(world.amira)], 3, None)
    assert seen(await world.class_teacher.get(lesson)) == ([str(world.amira)], 3, None)
    assert seen(await world.therapist.get(lesson)) == ([str(world.amira)], 3, None)
    # and the record says that she saw Amira, not the others
    shown = [named_in(entry) for entry in await entries_of(world, world.class_teacher)]
    assert shown == [{world.amira}, {world.amira}]


async def test_the_adults_of_the_base_and_whoever_looks_after_the_school_see_everybody(world: World) -> None:
    both = booking(world.classroom, "09:00", "10:00", world.dev, world.mainstream, world.amira, note=NOTE)
    lesson = await made(world.senco, "/v1/bookings", both)
    everybody = [str(one) for one in (world.dev, world.mainstream, world.amira)]
    for name in ("teaching_assistant", "base_lead", "senco", "headteacher", "safeguarding_lead", "office",
                 "trust_inclusion_lead"):  # fmt: skip
        assert seen(await world.people[name].get(lesson)) == (everybody, 0, NOTE), name


async def test_in_the_hall_a_base_is_shown_its_own_children(world: World) -> None:
    shared = booking(world.dome, "09:00", "10:00", world.mainstream, world.ben, world.amira, note=NOTE)
    outing = await made(world.senco, "/v1/bookings", shared)
    ours = [str(world.ben), str(world.amira)]
    assert seen(await world.teaching_assistant.get(outing)) == (ours, 1, None)
    # the class teacher has Amira and Mina, in the order in which they were named
    assert seen(await world.class_teacher.get(outing)) == ([str(world.mainstream), str(world.amira)], 1, None)


async def test_whoever_is_shown_every_child_reads_the_note(world: World) -> None:
    mine = booking(world.dome, "09:00", "10:00", world.amira, world.mainstream, note="Bring boots")
    walk = await made(world.class_teacher, "/v1/bookings", mine)
    assert seen(await world.class_teacher.get(walk)) == ([str(world.amira), str(world.mainstream)], 0, "Bring boots")
    assert seen(await world.therapist.get(walk)) == ([str(world.amira)], 1, None)


async def test_a_child_put_in_beside_hers_is_not_dropped_by_a_teacher_who_does_not_see_them(world: World) -> None:
    lesson = await made(world.class_teacher, "/v1/bookings", booking(world.classroom, "09:00", "10:00", world.amira))
    both = {"pupil_ids": [str(world.amira), str(world.dev)], "note": NOTE}
    assert (await world.base_lead.change(lesson, both)).status_code == 200
    for body in ({"pupil_ids": [str(world.amira)]}, {"note": "Bring boots"}, {"ends_at": "2026-11-25T10:30:00Z"},
                 {"purpose": "meeting"}):  # fmt: skip
        refused = await world.class_teacher.change(lesson, body)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/pupils-not-shown"), refused.text
        assert str(world.dev) not in refused.text
    renamed = await world.class_teacher.change(lesson, {"purpose": "lesson"})
    assert (renamed.status_code, seen(renamed)) == (200, ([str(world.amira)], 1, None))
    assert seen(await world.base_lead.get(lesson)) == ([str(world.amira), str(world.dev)], 0, NOTE)
    cancelled = await world.class_teacher.verb(lesson, "cancel")
    assert (cancelled.status_code, seen(cancelled)) == (200, ([str(world.amira)], 1, None))


async def test_who_comes_late_reads_which_of_her_children_are_elsewhere_and_of_no_other(world: World) -> None:
    """Nobody had checked in, so the place went back and both were booked elsewhere; then Amira's teacher taps."""
    await set_up(world, world.sensory, grace_minutes=10)
    both = booking(world.sensory, "09:00", "10:00", world.amira, world.dev, note=NOTE)
    lesson = await world.senco.post("/v1/bookings", both)
    await moved_to(world, lesson, clock.now() - timedelta(minutes=11))
    await release(world)
    now = {"starts_at": clock.now().isoformat(), "ends_at": (clock.now() + timedelta(minutes=5)).isoformat()}
    elsewhere = [
        await made(world.senco, "/v1/bookings", {**booking(world.stem, "09:00", "10:00", one), **now})
        for one in (world.amira, world.dev)
    ]
    path = lesson.headers["Location"]
    for person, named in ((world.class_teacher, {world.amira}), (world.base_lead, {world.amira, world.dev})):
        clash = await person.verb(path, "check-in")
        assert (clash.status_code, clash.json()["type"]) == (409, "/problems/clash"), clash.text
        assert {one["pupil_id"] for one in clash.json()["clashes"] if "pupil_id" in one} == set(map(str, named))
        entries = await entries_of(world, person, clash.headers["X-Request-Id"])
        assert [named_in(one) for one in entries if one.kind == "read"] == [named]
    for one in elsewhere:
        assert (await world.senco.verb(one, "cancel")).status_code == 200
    there = await world.class_teacher.verb(path, "check-in")
    assert (there.status_code, seen(there)) == (200, ([str(world.amira)], 1, None))


async def test_a_series_shows_what_its_bookings_show(world: World) -> None:
    await enter_year(world)
    three = weekly(world.sensory, world.cara, world.amira, world.dev, note=NOTE, on_conflict="skip")
    series = await made(world.base_lead, "/v1/series", three)
    everybody = [str(one) for one in (world.cara, world.amira, world.dev)]
    assert seen(await world.teaching_assistant.get(series)) == (everybody, 0, NOTE)
    assert seen(await world.therapist.get(series)) == ([str(world.amira)], 2, None)
    (listed,) = (await world.therapist.get("/v1/series")).json()["items"]
    assert (listed["pupil_ids"], listed["others"], listed["note"]) == ([str(world.amira)], 2, None)
    shown = {pupil_id for entry in await entries_of(world, world.therapist) for pupil_id in named_in(entry)}
    assert shown == {world.amira}


async def test_a_series_of_hers_is_not_rewritten_once_she_no_longer_sees_a_child_of_it(world: World) -> None:
    await enter_year(world)
    walks = weekly(world.dome, world.amira, world.mainstream, note="Bring boots")
    series = await made(world.class_teacher, "/v1/series", walks)
    await off_the_caseload(world, world.class_teacher, world.mainstream)
    assert seen(await world.class_teacher.get(series)) == ([str(world.amira)], 1, None)
    for body in (
        {"pupil_ids": [str(world.amira)]},
        {"note": "Bring hats"},
        {"until_time": "09:30"},
        {"purpose": "meeting"},
    ):
        refused = await world.class_teacher.change(series, {"scope": "all", **body})
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/pupils-not-shown"), refused.text
    again = await world.class_teacher.verb(series, "retry")
    assert (again.status_code, again.json()["type"]) == (403, "/problems/pupils-not-shown"), again.text
    renamed = await world.class_teacher.change(series, {"scope": "all", "purpose": "other"})
    assert (renamed.status_code, seen(renamed)) == (200, ([str(world.amira)], 1, None))
    ended = await world.class_teacher.verb(series, "end", {"ended_on": "2027-02-01"})
    assert (ended.status_code, seen(ended)) == (200, ([str(world.amira)], 1, None))


async def test_days_of_a_series_with_a_child_she_does_not_see_are_not_rewritten_either(world: World) -> None:
    """From February on it is Amira alone; in January Dev comes too, who is not the class teacher's."""
    await enter_year(world)
    series = await made(world.class_teacher, "/v1/series", weekly(world.classroom, world.amira))
    both = [str(world.amira), str(world.dev)]
    for change in ({"scope": "all", "pupil_ids": both},
                   {"scope": "following", "from_on": "2027-02-01", "pupil_ids": [str(world.amira)]}):  # fmt: skip
        assert (await world.base_lead.change(series, change)).status_code == 200
    assert seen(await world.class_teacher.get(series)) == ([str(world.amira)], 0, None)
    refused = await world.class_teacher.change(series, {"scope": "all", "pupil_ids": [str(world.amira)]})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/pupils-not-shown"), refused.text
    after = {"scope": "following", "from_on": "2027-02-01", "note": "Bring boots"}
    assert (await world.class_teacher.change(series, after)).status_code == 200
