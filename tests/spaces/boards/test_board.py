"""The live board: the screen beside the door of The Bubble, and the base lead's glance at it between two lessons."""

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.ledger import pupils_of
from iap_api.access.tables import LedgerEntry
from iap_api.spaces.boards.board_openings import Openings
from tests.core.fresh import own_world
from tests.spaces.moments import in_hours
from tests.spaces.visits.test_visits import begun, ends, hours_ago
from tests.world import Person, World


async def board_of(person: Person, base: UUID, **headers: str) -> dict[str, Any]:
    answer = await person.get(f"/v1/bases/{base}/board", **headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def space_on(board: dict[str, Any], space: UUID) -> dict[str, Any]:
    (found,) = [one for one in board["spaces"] if one["space_id"] == str(space)]
    return dict(found)


def names(pupils: list[dict[str, Any]]) -> list[str]:
    return sorted(one["given_name"] for one in pupils)


async def booked(person: Person, space: UUID, pupils: list[UUID], begins: float, ends_in: float, **more: Any) -> str:
    body = {"space_id": str(space), "purpose": "lesson", "pupil_ids": [str(one) for one in pupils],
            "starts_at": in_hours(begins), "ends_at": in_hours(ends_in), **more}  # fmt: skip
    made = await person.post("/v1/bookings", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def test_the_base_lead_sees_in_one_glance_who_is_where(world: World) -> None:
    lead = world.base_lead
    adult = world.staff["teaching_assistant"]
    lesson = await booked(lead, world.classroom, [world.amira, world.ben], -0.2, 0.5, staff_ids=[str(adult)])
    await booked(lead, world.classroom, [world.cara], 1, 2)
    await booked(lead, world.classroom, [world.dev], 3, 4)
    visit = await begun(world.teaching_assistant, world.ben, world.retreat)
    await begun(world.senco, world.cara, world.dome)
    await begun(world.senco, world.mainstream, world.sensory)

    board = await board_of(lead, world.bubble)
    classroom, cocoon, sensory = (space_on(board, one) for one in (world.classroom, world.retreat, world.sensory))
    (amira,) = classroom["pupils"]
    assert (amira["given_name"], amira["initials"], amira["booking_id"]) == ("Amira", "AO", lesson)
    assert (classroom["places"], classroom["free_places"]) == (10, 9), "Ben left his place when he went to the cocoon"
    assert [one["booking_id"] for one in classroom["now"]] == [lesson]
    assert classroom["next"]["pupil_count"] == 1
    assert [(one["staff_id"], one["booking_id"]) for one in classroom["adults"]] == [(str(adult), lesson)]
    (ben,) = cocoon["pupils"]
    assert (ben["visit_id"], ben["since_at"], ben["until_at"]) == (visit["id"], visit["started_at"], None)
    assert cocoon["free_places"] == 0
    assert (sensory["pupils"], sensory["others"], sensory["free_places"]) == ([], 1, 2), "Mina is of the mainstream"
    (cara,) = board["elsewhere"]
    assert (cara["given_name"], cara["space_id"], cara["space_name"]) == ("Cara", str(world.dome), "Solar dome")
    assert names(board["nowhere"]) == ["Dev"]
    assert str(world.dome) not in {one["space_id"] for one in board["spaces"]}, "the dome is not of the base"

    of_school = await board_of(world.headteacher, world.bubble)
    assert names(space_on(of_school, world.sensory)["pupils"]) == ["Mina"]

    assert (await ends(world.teaching_assistant, visit)).status_code == 200
    again = await board_of(lead, world.bubble)
    assert names(space_on(again, world.classroom)["pupils"]) == ["Amira", "Ben"]


async def test_a_room_with_a_meeting_in_it_has_no_place_left(world: World) -> None:
    await booked(world.base_lead, world.classroom, [], -0.2, 0.5, purpose="meeting")
    await booked(world.base_lead, world.sensory, [world.amira], -0.2, 0.5)
    board = await board_of(world.base_lead, world.bubble)
    assert [space_on(board, one)["free_places"] for one in (world.classroom, world.sensory)] == [0, 2]


async def test_every_pupil_of_the_base_stands_in_one_place(world: World) -> None:
    await booked(world.base_lead, world.classroom, [world.amira, world.ben, world.cara, world.dev], -0.2, 0.5)
    await begun(world.senco, world.amira, world.retreat, started_at=hours_ago(0.3), ended_at=hours_ago(0.1))
    await begun(world.senco, world.ben, world.retreat, started_at=hours_ago(0.2))
    await begun(world.senco, world.ben, world.sensory, started_at=hours_ago(0.1))
    await begun(world.senco, world.cara, world.dome)
    board = await board_of(world.base_lead, world.bubble)
    everywhere = [
        *(one["pupil_id"] for space in board["spaces"] for one in space["pupils"]),
        *(one["pupil_id"] for one in [*board["elsewhere"], *board["nowhere"]]),
    ]
    assert sorted(everywhere) == sorted(map(str, (world.amira, world.ben, world.cara, world.dev)))
    assert names(space_on(board, world.sensory)["pupils"]) == ["Ben"]


async def test_a_poll_that_finds_nothing_new_is_told_so(world: World) -> None:
    path = f"/v1/bases/{world.bubble}/board"
    first = await world.base_lead.get(path)
    tag = first.headers["ETag"]
    assert (await world.base_lead.get(path, If_None_Match=tag)).status_code == 304
    await begun(world.teaching_assistant, world.ben, world.retreat)
    assert (await world.base_lead.get(path, If_None_Match=tag)).status_code == 200


async def test_a_base_out_of_reach_is_not_there(world: World) -> None:
    for person in (world.base_lead, world.senco):
        assert (await person.get(f"/v1/bases/{world.harbour}/board")).status_code == 404
    assert (await world.class_teacher.get(f"/v1/bases/{world.bubble}/board")).status_code == 403


async def test_the_access_record_hears_of_the_opening_and_of_whoever_is_newly_shown(
    database_url: str, tmp_path: Path
) -> None:
    async with own_world(database_url, tmp_path) as (world, _):

        async def told() -> list[list[UUID]]:
            wanted = select(LedgerEntry).where(
                col(LedgerEntry.resource) == "board", col(LedgerEntry.account_id) == world.headteacher.account.id
            )
            async with world.app.state.database.transaction(read_only=True) as session:
                rows = (await session.execute(wanted.order_by(col(LedgerEntry.id)))).scalars()
                assert all((row.kind, row.resource_id) == ("read", world.bubble) for row in rows)
                rows = (await session.execute(wanted.order_by(col(LedgerEntry.id)))).scalars()
                return [sorted(pupils_of(row.pupil_ids)) for row in rows]

        for _ in range(3):
            await board_of(world.headteacher, world.bubble)
        placed = sorted([world.amira, world.ben, world.cara, world.dev])
        assert await told() == [placed], "two polls wrote nothing"
        await begun(world.senco, world.mainstream, world.sensory)
        for _ in range(2):
            await board_of(world.headteacher, world.bubble)
        assert await told() == [placed, [world.mainstream]]
        world.app.state.openings = Openings()  # another worker, or a quarter of an hour later
        await board_of(world.headteacher, world.bubble)
        assert await told() == [placed, [world.mainstream], sorted([*placed, world.mainstream])]


def test_an_opening_lasts_its_time_and_no_longer() -> None:
    opening, somebody = (UUID(int=1), UUID(int=2)), UUID(int=3)
    for lasts, expected in ((60.0, []), (0.0, [somebody])):
        openings = Openings(lasts)
        assert openings.new(opening, [somebody]) == [somebody]
        openings.remember(opening, [somebody])
        assert openings.new(opening, [somebody]) == expected
