"""Groups of a base: made by its lead, read by whoever reaches the base, and never older than the placements."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from iap_api.core import clock
from iap_api.pupils.groups import pupils_of
from iap_api.pupils.tables import Placement, Registration
from tests.core.recorded import entries_of, named_in
from tests.world import LONG_AGO, World

PATH = "/v1/groups"


def group_of(world: World, *pupils: Any, **more: Any) -> dict[str, Any]:
    """The Lego club of The Bubble."""
    return {"base_id": str(world.bubble), "name": "Lego club", "pupil_ids": [str(one) for one in pupils], **more}


async def made(world: World, *pupils: Any, **more: Any) -> str:
    answer = await world.base_lead.post(PATH, group_of(world, *pupils, **more))
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


async def test_the_base_lead_makes_a_group_and_an_assistant_reads_who_is_in_it(world: World) -> None:
    answer = await world.base_lead.post(PATH, group_of(world, world.ben, world.amira))
    assert answer.status_code == 201, answer.text
    both = sorted(str(one) for one in (world.amira, world.ben))
    assert answer.json() == {
        "id": answer.json()["id"], "version": 1, "school_id": str(world.north), "base_id": str(world.bubble),
        "name": "Lego club", "pupil_ids": both, "ended_on": None,
    }  # fmt: skip
    listed = await world.teaching_assistant.get(f"{PATH}?base_id={world.bubble}")
    assert [one["pupil_ids"] for one in listed.json()["items"]] == [both]
    (entry,) = await entries_of(world, world.teaching_assistant)
    assert (entry.kind, entry.resource, named_in(entry)) == ("read", "group", {world.amira, world.ben})


async def test_a_caseload_opens_no_group_for_it_would_show_the_others(world: World) -> None:
    path = await made(world, world.amira, world.ben)
    for person in (world.class_teacher, world.therapist, world.administrator):
        assert (await person.get(path)).status_code == 403
    assert (await world.south_senco.get(path)).status_code == 404
    assert (await world.teaching_assistant.post(PATH, group_of(world, world.amira))).status_code == 403


async def test_whoever_leaves_the_base_has_left_its_groups(world: World) -> None:
    path = await made(world, world.amira, world.ben)
    group_id = path.rsplit("/", 1)[-1]
    placement = (await world.senco.get(f"/v1/placements?pupil_id={world.amira}")).json()["items"][0]["id"]
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    ended = await world.senco.verb(f"/v1/placements/{placement}", "end", {"until_on": yesterday})
    assert ended.status_code == 200, ended.text
    for person in (world.senco, world.teaching_assistant):
        assert (await person.get(path)).json()["pupil_ids"] == [str(world.ben)]
    async with world.app.state.database.transaction() as session:
        assert await pupils_of(session, UUID(group_id)) == [world.ben]


async def test_a_child_whose_time_at_the_school_is_over_is_shown_in_no_group_though_the_placement_was_left_open(
    world: World,
) -> None:
    yesterday = clock.today() - timedelta(days=1)
    gone = world.pupil("Gil", world.south)
    world.add(Registration(school_id=world.north, pupil_id=gone, kind="placed", from_on=LONG_AGO, until_on=yesterday))
    world.add(Placement(school_id=world.north, base_id=world.bubble, pupil_id=gone, from_on=LONG_AGO))
    await world.save()
    path = await made(world, world.ben, gone)
    assert (await world.senco.get(f"/v1/pupils/{gone}")).status_code == 404
    assert (await world.senco.get(path)).json()["pupil_ids"] == [str(world.ben)]


async def test_only_pupils_of_the_base_are_put_in_and_absent_reads_like_out_of_reach(world: World) -> None:
    answers = [
        await world.base_lead.post(PATH, group_of(world, world.amira, other))
        for other in (world.mainstream, world.southerner, uuid4())
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({str(answer.json()["errors"]) for answer in answers}) == 1
    for base in (world.harbour, uuid4()):
        refused = await world.base_lead.post(PATH, group_of(world, world.southerner, base_id=str(base)))
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/base_id")
    for pupils in ([], [world.amira, world.amira]):
        refused = await world.base_lead.post(PATH, group_of(world, *pupils))
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/pupil_ids")


async def test_who_is_in_it_is_said_anew_and_a_stale_copy_is_refused(world: World) -> None:
    path = await made(world, world.amira, world.ben)
    tag = (await world.base_lead.get(path)).headers["ETag"]
    changed = await world.base_lead.patch(path, {"pupil_ids": [str(world.cara)]}, If_Match=tag)
    assert (changed.status_code, changed.json()["pupil_ids"], changed.json()["version"]) == (200, [str(world.cara)], 2)
    assert (await world.senco.patch(path, {"name": "Chess"}, If_Match=tag)).status_code == 412
    refused = await world.base_lead.change(path, {"pupil_ids": [str(world.mainstream)]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/pupil_ids")


async def test_a_name_is_one_groups_alone_until_that_one_ends(world: World) -> None:
    answers = await asyncio.gather(*(world.base_lead.post(PATH, group_of(world, world.amira)) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert {one.json()["type"] for one in answers if one.status_code == 409} == {"/problems/group-name-taken"}
    path = next(one.headers["Location"] for one in answers if one.status_code == 201)
    ended = await world.base_lead.verb(path, "end", {"ended_on": clock.today().isoformat()})
    assert (ended.status_code, ended.json()["ended_on"]) == (200, clock.today().isoformat())
    again = await world.base_lead.verb(path, "end", {"ended_on": clock.today().isoformat()})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/group-ended")
    assert (await made(world, world.amira)) != path
