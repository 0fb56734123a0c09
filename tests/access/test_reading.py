"""Reading as four clients do it: in pages that lose nothing, again only when changed, and in few statements."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from uuid import UUID

from iap_api.core.tables import new_id
from tests.core.heard import heard
from tests.core.recorded import entries_of, fill_roll
from tests.world import Person, World


async def walk(person: Person, path: str) -> list[UUID]:
    """Follow `next` to the end, as a feed does."""
    found: list[UUID] = []
    following: str | None = path
    while following:
        answer = await person.get(following)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [UUID(item["id"]) for item in page["items"]]
        following = page["next"]
        assert answer.headers.get("Link") == (f'<{following}>; rel="next"' if following else None)
    return found


# Pages


async def test_a_roll_of_fifty_five_comes_in_pages_of_fifty_unless_asked_otherwise(world: World) -> None:
    added = await fill_roll(world, world.south, 54)
    senco = world.south_senco
    first = (await senco.get("/v1/pupils")).json()
    assert [UUID(one["id"]) for one in first["items"]] == [world.southerner, *added[:49]]
    rest = (await senco.get(first["next"])).json()
    assert [UUID(one["id"]) for one in rest["items"]] == added[49:]
    assert rest["next"] is None
    assert await walk(senco, "/v1/pupils?limit=7") == [world.southerner, *added]
    assert (await senco.get("/v1/pupils?limit=55")).json()["next"] is None


async def test_pupils_put_on_the_roll_while_a_feed_pages_hide_nobody_and_come_once(world: World) -> None:
    there = {world.southerner, *await fill_roll(world, world.south, 20)}
    seen: list[UUID] = []
    following: str | None = "/v1/pupils?limit=3"
    late: list[UUID] = []
    while following:
        page = (await world.south_senco.get(following)).json()
        seen += [UUID(item["id"]) for item in page["items"]]
        following = page["next"]
        if len(late) < 8:
            late += await fill_roll(world, world.south, 2)
    assert set(seen) == there | set(late)
    assert len(seen) == len(set(seen))


async def test_an_empty_list_is_a_page_too(world: World) -> None:
    answer = await world.senco.get(f"/v1/pupils?class_id={world.class_3}")
    assert answer.json() == {"items": [], "next": None}


# Cursors


async def test_a_cursor_that_was_altered_or_made_up_is_invalid(world: World) -> None:
    following = (await world.senco.get("/v1/pupils?limit=1")).json()["next"]
    path, _, cursor = following.partition("after=")
    for forged in (
        cursor[:-1] + ("A" if cursor[-1] != "A" else "B"),
        ("A" if cursor[0] != "A" else "B") + cursor[1:],
        cursor[:-1],
        cursor + "A",
        "A" * len(cursor),
        "AAAA",
    ):
        answer = await world.senco.get(f"{path}after={forged}")
        assert answer.status_code == 422, forged
        assert answer.json()["errors"][0]["pointer"] == "/after"


async def test_a_cursor_is_good_for_its_own_caller_list_and_filters_alone(world: World) -> None:
    following = (await world.senco.get(f"/v1/pupils?limit=1&base_id={world.bubble}")).json()["next"]
    cursor = following.partition("after=")[2].partition("&")[0]
    assert (await world.senco.get(following)).status_code == 200
    assert (await world.base_lead.get(following)).status_code == 422
    assert (await world.senco.get(f"/v1/pupils?after={cursor}")).status_code == 422
    assert (await world.senco.get(f"/v1/pupils?base_id={world.harbour}&after={cursor}")).status_code == 422
    assert (await world.senco.get(f"/v1/spaces?base_id={world.bubble}&after={cursor}")).status_code == 422
    assert (await world.senco.get(f"/v1/pupils?limit=200&base_id={world.bubble}&after={cursor}")).status_code == 200


# ETags


async def test_a_phone_that_holds_the_newest_version_gets_304_and_it_is_recorded_like_a_read(world: World) -> None:
    path = f"/v1/pupils/{world.amira}"
    first = await world.senco.get(path)
    tag = first.headers["ETag"]
    for held in (tag, f"W/{tag}", f'"7.abc", {tag}', "*"):
        again = await world.senco.get(path, If_None_Match=held)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
        (entry,) = await entries_of(world, world.senco, again.headers["X-Request-Id"])
        assert entry.kind == "read"
    assert (await world.senco.get(path, If_None_Match='"1.000000000000"')).status_code == 200
    assert (await world.senco.change(path, {"preferred_name": "Ami"})).status_code == 200
    assert (await world.senco.get(path, If_None_Match=tag)).status_code == 200


async def test_the_tag_differs_between_roles_that_are_shown_different_sections(world: World) -> None:
    path = f"/v1/pupils/{world.amira}"
    tags = {(await person.get(path)).headers["ETag"] for person in (world.senco, world.safeguarding_lead)}
    assert len(tags) == 2
    assert {tag.split(".")[0] for tag in tags} == {'"1'}


async def test_the_tag_given_at_creation_is_the_tag_of_the_first_read(world: World) -> None:
    made = await world.senco.post(
        "/v1/bookings",
        {"space_id": str(world.sensory), "starts_at": "2026-11-25T09:00:00+00:00", "ends_at": "2026-11-25T09:30:00.5Z",
         "purpose": "regulation", "pupil_ids": [str(world.cara), str(world.ben)]},
    )  # fmt: skip
    assert made.status_code == 201, made.text
    read = await world.senco.get(made.headers["Location"])
    assert read.json() == made.json()
    assert read.headers["ETag"] == made.headers["ETag"]


async def test_personal_data_is_never_kept_by_caches(world: World) -> None:
    for path in ("/v1/pupils", f"/v1/pupils/{world.amira}", "/v1/me"):
        assert (await world.senco.get(path)).headers["Cache-Control"] == "private, no-store"


# If-Match


async def test_a_change_without_if_match_is_428_and_with_an_old_one_412(world: World) -> None:
    path = f"/v1/spaces/{world.sensory}"
    tag = (await world.senco.get(path)).headers["ETag"]
    unsaid = await world.senco.patch(path, {"places": 4})
    assert (unsaid.status_code, unsaid.json()["type"]) == (428, "/problems/if-match-needed")
    assert (await world.senco.patch(path, {"places": 4}, If_Match=tag)).status_code == 200
    for old in (tag, f"W/{tag}", '"2"', "2", "", '"0.abc"', '"99999999999.abc"', '"2.abc", "3.abc"'):
        stale = await world.senco.patch(path, {"places": 5}, If_Match=old)
        assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale"), old
    assert (await world.senco.get(path)).json()["places"] == 4


async def test_of_twenty_who_change_the_same_version_at_once_one_wins_and_nineteen_are_told(world: World) -> None:
    path = f"/v1/spaces/{world.sensory}"
    tag = (await world.senco.get(path)).headers["ETag"]
    answers = await asyncio.gather(
        *(world.senco.patch(path, {"name": f"Room of {number}"}, If_Match=tag) for number in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 19
    (winner,) = [answer for answer in answers if answer.status_code == 200]
    now = (await world.senco.get(path)).json()
    assert (now["name"], now["version"]) == (winner.json()["name"], 2)


async def test_a_change_that_changes_nothing_keeps_the_version(world: World) -> None:
    path = f"/v1/spaces/{world.sensory}"
    for body in ({}, {"places": 3}):
        answer = await world.senco.change(path, body)
        assert (answer.status_code, answer.json()["version"]) == (200, 1)


# Absent and out of reach


async def test_out_of_reach_and_absent_are_the_same_answer(world: World) -> None:
    answers = [
        await world.senco.get(f"/v1/pupils/{wanted}") for wanted in (world.southerner, new_id(), world.sensory)
    ]  # fmt: skip
    told = []
    for answer in answers:
        assert answer.status_code == 404
        document = answer.json()
        del document["request_id"], document["instance"]
        told.append(
            (document, {k: v for k, v in answer.headers.items() if k != "x-request-id" and k != "content-length"})
        )
    assert told[0] == told[1] == told[2]


# Statements


@contextmanager
def statements() -> Iterator[tuple[list[str], list[str]]]:
    """Collect the statements of this task, and those by which the read ledger is written."""
    mine: list[str] = []
    ledger: list[str] = []
    me = asyncio.current_task()

    def note(statement: str) -> None:
        if asyncio.current_task() is me:
            if not statement.startswith("BEGIN"):
                mine.append(statement)
        elif "INSERT INTO ledger_entries" in statement:
            ledger.append(statement)

    with heard(note):
        yield mine, ledger


async def test_a_pupil_and_a_list_of_pupils_take_the_preamble_one_query_and_one_ledger_batch(world: World) -> None:
    askers = (world.senco, world.teaching_assistant, world.class_teacher, world.trust_inclusion_lead)
    paths = (f"/v1/pupils/{world.amira}", "/v1/pupils", "/v1/pupils?limit=1")
    for asker, path in product(askers, paths):
        with statements() as (mine, ledger):
            assert (await asker.get(path)).status_code == 200
        assert len(set(mine)) == len(mine) == 2, mine
        assert "FROM accounts" in mine[0]
        assert "FROM pupils" in mine[1]
        assert len(ledger) == 1


async def test_fifty_teachers_reading_at_once_share_few_ledger_batches(world: World) -> None:
    with statements() as (_, ledger):
        answers = await asyncio.gather(*(world.senco.get(f"/v1/pupils/{world.amira}") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert 1 <= len(ledger) < 50
    asked = {answer.headers["X-Request-Id"] for answer in answers}
    recorded = [entry.request_id for entry in await entries_of(world, world.senco)]
    assert sorted(recorded) == sorted(asked)
