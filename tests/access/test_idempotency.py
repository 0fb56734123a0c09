"""What a phone on bad Wi-Fi sends twice happens once, and shows what stands there now."""

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select, update
from sqlmodel import col

from iap_api.access.tables import KeptKey
from iap_api.core import clock
from iap_api.core.tables import new_id
from iap_api.pupils.tables import Placement
from iap_api.spaces.space_shapes import SpaceCreate
from iap_api.spaces.tables import Space
from tests.core.recorded import entries_of
from tests.world import World


def den(world: World, **more: Any) -> dict[str, Any]:
    return {"school_id": str(world.north), "name": "Den", "kind": "retreat", "places": 1, **more}


def problem(answer: httpx.Response, status: int, kind: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}"), answer.text


async def dens(world: World) -> int:
    async with world.app.state.database.transaction(read_only=True) as session:
        mine = select(func.count()).where(col(Space.name) == "Den", col(Space.school_id) == world.north)
        return int((await session.execute(mine)).scalar_one())


# Idempotency-Key


async def test_the_same_key_and_body_make_one_thing_and_show_it_as_it_is_now(world: World) -> None:
    first = await world.senco.post("/v1/spaces", den(world), Idempotency_Key="k-1")
    assert first.status_code == 201, first.text
    path = first.headers["Location"]
    assert (await world.senco.change(path, {"places": 2})).status_code == 200
    again = await world.senco.post("/v1/spaces", den(world), Idempotency_Key="k-1")
    assert again.status_code == 200
    assert again.headers["Location"] == path
    assert (again.json()["id"], again.json()["places"], again.json()["version"]) == (first.json()["id"], 2, 2)
    assert await dens(world) == 1
    assert [entry.kind for entry in await entries_of(world, world.senco)] == ["created", "updated"]


async def test_members_in_another_order_are_the_same_body(world: World) -> None:
    first = await world.senco.post("/v1/spaces", den(world), Idempotency_Key="k-1")
    turned = dict(reversed(den(world).items()))
    again = await world.senco.post("/v1/spaces", turned, Idempotency_Key="k-1")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


async def test_the_same_key_with_another_body_is_refused_and_tells_nothing_of_the_first(world: World) -> None:
    await world.senco.post("/v1/spaces", den(world), Idempotency_Key="k-1")
    for other in (den(world, places=2), den(world, features=["soft_light"]), den(world, base_id=str(world.bubble))):
        refused = await world.senco.post("/v1/spaces", other, Idempotency_Key="k-1")
        problem(refused, 422, "key-reused")
        assert "Den" not in refused.text
    assert await dens(world) == 1


async def test_a_key_belongs_to_one_caller_and_one_operation(world: World) -> None:
    made = {
        (await person.post("/v1/spaces", den(world), Idempotency_Key="same")).json()["id"]
        for person in (world.senco, world.administrator)
    }
    assert len(made) == await dens(world) == 2
    visit = {
        "space_id": str(world.sensory), "starts_at": "2026-11-25T09:00:00Z", "ends_at": "2026-11-25T09:30:00Z",
        "purpose": "regulation", "pupil_ids": [str(world.amira)],
    }  # fmt: skip
    assert (await world.senco.post("/v1/bookings", visit, Idempotency_Key="same")).status_code == 201


async def test_twins_sent_at_the_same_moment_make_one_thing(world: World) -> None:
    for turn in range(5):
        key = f"twins-{turn}"
        twins = await asyncio.gather(
            *(world.senco.post("/v1/spaces", den(world), Idempotency_Key=key) for _ in range(8))
        )
        assert await dens(world) == turn + 1
        for twin in twins:
            if twin.status_code == 409:
                problem(twin, 409, "still-running")
        made = [twin for twin in twins if twin.status_code != 409]
        assert [twin.status_code for twin in made].count(201) == 1
        assert {twin.status_code for twin in made} <= {200, 201}
        assert len({twin.json()["id"] for twin in made}) == 1


async def test_a_first_try_that_failed_keeps_nothing_so_the_corrected_one_goes_through(world: World) -> None:
    assert (await world.senco.post("/v1/spaces", den(world, places=0), Idempotency_Key="k")).status_code == 422
    away = den(world, school_id=str(world.south))
    assert (await world.senco.post("/v1/spaces", away, Idempotency_Key="k")).status_code == 422
    assert (await world.governor.post("/v1/spaces", den(world), Idempotency_Key="k")).status_code == 403
    assert (await world.senco.post("/v1/spaces", den(world), Idempotency_Key="k")).status_code == 201


async def test_a_booking_refused_by_a_clash_can_be_sent_again_with_its_key_once_there_is_room(world: World) -> None:
    ta = world.teaching_assistant
    nook = world.space("Reading nook", "classroom", 1, world.bubble, world.north)
    await world.save()

    def visit(pupil: UUID) -> dict[str, Any]:
        return {
            "space_id": str(nook), "starts_at": "2026-11-25T09:00:00Z", "ends_at": "2026-11-25T09:30:00Z",
            "purpose": "regulation", "pupil_ids": [str(pupil)],
        }  # fmt: skip

    taken = await ta.post("/v1/bookings", visit(world.amira))
    assert taken.status_code == 201
    assert (await ta.post("/v1/bookings", visit(world.ben), Idempotency_Key="ben")).status_code == 409
    assert (await ta.verb(taken.headers["Location"], "cancel")).status_code == 200
    assert (await ta.post("/v1/bookings", visit(world.ben), Idempotency_Key="ben")).status_code == 201
    assert (await ta.post("/v1/bookings", visit(world.ben), Idempotency_Key="ben")).status_code == 200


async def test_a_replay_shows_nothing_to_one_who_no_longer_reaches_it(world: World) -> None:
    ta = world.teaching_assistant
    said = {"pupil_id": str(world.amira), "zones": ["yellow"]}
    assert (await ta.post("/v1/zone-check-ins", said, Idempotency_Key="k")).status_code == 201
    async with world.app.state.database.transaction() as session:
        await session.execute(
            update(Placement)
            .where(col(Placement.pupil_id) == world.amira)
            .values(until_on=clock.today().replace(year=clock.today().year - 1, day=1))
        )
    problem(await ta.post("/v1/zone-check-ins", said, Idempotency_Key="k"), 404, "not-found")


async def test_a_key_out_of_form_is_invalid(world: World) -> None:
    for key in ("", "k" * 201, "caf\xe9", "tab\there"):
        answer = await world.client.post(
            "/v1/spaces", json=den(world),
            headers=[
                (b"authorization", f"Bearer {world.senco.token}".encode()), (b"idempotency-key", key.encode("latin-1"))
            ],
        )  # fmt: skip
        problem(answer, 422, "invalid")
    assert await dens(world) == 0


async def test_of_a_body_only_a_keyed_digest_is_kept(world: World) -> None:
    await world.senco.post("/v1/spaces", den(world, name="Den"), Idempotency_Key="k-secret-7")
    async with world.app.state.database.transaction(read_only=True) as session:
        mine = select(KeptKey).where(col(KeptKey.account_id) == world.senco.account.id)
        (kept,) = (await session.execute(mine)).scalars()
    assert len(kept.body) == len(kept.key) == 32
    sent = SpaceCreate.model_validate(den(world, name="Den")).model_dump_json(exclude_unset=True)
    assert kept.body != hashlib.sha256(f"/v1/spaces\n{sent}".encode()).digest(), (
        "whoever guesses the body must not know"
    )
    assert "Den" not in repr(kept)
    assert "secret" not in repr(kept)
    assert kept.operation == "POST /v1/spaces"


# PUT with an id of one's own


async def test_a_phone_that_puts_the_same_thing_again_gets_200_and_what_stands_there_now(world: World) -> None:
    path = f"/v1/spaces/{new_id()}"
    first = await world.senco.put(path, den(world))
    assert (first.status_code, first.headers["Location"]) == (201, path)
    assert (await world.senco.change(path, {"places": 2})).status_code == 200
    again = await world.senco.put(path, den(world))
    assert (again.status_code, again.json()["places"]) == (200, 2)
    assert await dens(world) == 1


async def test_an_id_that_is_taken_is_told_alike_whether_the_caller_may_see_it_or_not(world: World) -> None:
    mine = f"/v1/spaces/{new_id()}"
    assert (await world.senco.put(mine, den(world))).status_code == 201
    refused = [
        await world.senco.put(mine, den(world, places=2)),
        await world.senco.put(f"/v1/spaces/{world.sensory}", den(world)),
        await world.senco.put(f"/v1/spaces/{world.south_room}", den(world)),
        await world.administrator.put(mine, den(world)),
    ]
    told = []
    for answer in refused:
        problem(answer, 409, "id-taken")
        document = answer.json()
        del document["request_id"], document["instance"]
        told.append(document)
    assert all(document == told[0] for document in told)
    assert await dens(world) == 1


async def test_two_callers_who_put_under_the_same_id_at_once_make_one_thing(world: World) -> None:
    for turn in range(5):
        path = f"/v1/spaces/{new_id()}"
        answers = await asyncio.gather(
            *(person.put(path, den(world)) for person in (world.senco, world.administrator) * 3)
        )
        assert [answer.status_code for answer in answers].count(201) == 1
        assert {answer.status_code for answer in answers} <= {200, 201, 409}
        assert await dens(world) == turn + 1
