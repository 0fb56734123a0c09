"""Whose booking it is: who sees it, who may change it, and what a refusal may say and leaves behind."""

from sqlalchemy import select
from sqlmodel import col

from iap_api.access.ledger import pupils_of
from iap_api.access.tables import HeldRole, LedgerEntry
from tests.spaces.bookings.test_bookings import booking
from tests.world import LONG_AGO, World


async def test_a_class_teacher_does_not_cancel_the_whole_bases_lesson(world: World) -> None:
    lesson = await world.base_lead.post("/v1/bookings", booking(world.classroom, "09:00", "12:00", whole_base=True))
    path = f"/v1/bookings/{lesson.json()['id']}"
    for refused in (
        await world.class_teacher.verb(path, "cancel"),
        await world.class_teacher.change(path, {"pupil_ids": []}),
    ):
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-your-booking")
    assert (await world.teaching_assistant.verb(path, "cancel")).status_code == 200


async def test_a_base_does_not_see_what_others_do_in_the_dome(world: World) -> None:
    made = await world.senco.post("/v1/bookings", booking(world.dome, "09:00", "09:30", world.mainstream))
    path = f"/v1/bookings/{made.json()['id']}"
    assert (await world.teaching_assistant.get(path)).status_code == 404
    both = await world.senco.post("/v1/bookings", booking(world.dome, "10:00", "10:30", world.mainstream, world.amira))
    shared = f"/v1/bookings/{both.json()['id']}"
    assert (await world.teaching_assistant.get(shared)).status_code == 200
    refused = await world.teaching_assistant.verb(shared, "cancel")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-your-booking")
    mine = await world.teaching_assistant.post("/v1/bookings", booking(world.dome, "11:00", "11:30", world.amira))
    assert (await world.teaching_assistant.verb(f"/v1/bookings/{mine.json()['id']}", "cancel")).status_code == 200


async def test_only_who_reaches_the_whole_base_books_it(world: World) -> None:
    whole = booking(world.classroom, "09:00", "10:00", whole_base=True)
    refused = await world.class_teacher.post("/v1/bookings", whole)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/whole_base"]
    mixed = await world.base_lead.post("/v1/bookings", {**whole, "pupil_ids": [str(world.amira)]})
    assert mixed.status_code == 422
    made = await world.base_lead.post("/v1/bookings", whole)
    changed = await world.base_lead.change(f"/v1/bookings/{made.json()['id']}", {"pupil_ids": [str(world.amira)]})
    assert changed.json()["whole_base"] is False


async def test_a_teacher_elsewhere_does_not_open_that_school_by_being_an_assistant_here(world: World) -> None:
    both = world.account("both", "teaching_assistant", world.bubble)
    world.add(HeldRole(account_id=both.account.id, role="class_teacher", place_id=world.south, starts_on=LONG_AGO))
    hall = world.space("Hall", "outdoor", 30, None, world.south)
    await world.save()
    made = await world.south_senco.post("/v1/bookings", booking(hall, "09:00", "09:30", world.southerner))
    assert made.status_code == 201, made.text
    assert (await both.get(f"/v1/bookings/{made.json()['id']}")).status_code == 404
    assert (await both.post("/v1/bookings", booking(world.dome, "09:00", "09:30", world.amira))).status_code == 201


async def test_a_cancelled_booking_is_still_found_by_its_pupil(world: World) -> None:
    made = await world.teaching_assistant.post("/v1/bookings", booking(world.sensory, "09:00", "09:30", world.amira))
    path = f"/v1/bookings/{made.json()['id']}"
    assert (await world.teaching_assistant.verb(path, "cancel")).status_code == 200
    found = await world.class_teacher.get(f"/v1/bookings?pupil_id={world.amira}&status=cancelled")
    assert [one["id"] for one in found.json()["items"]] == [made.json()["id"]]
    assert (await world.class_teacher.get(path)).status_code == 200


async def test_a_refusal_that_says_where_a_child_is_leaves_a_read(world: World) -> None:
    await world.base_lead.post("/v1/bookings", booking(world.classroom, "09:00", "10:00", world.amira))
    refused = await world.teaching_assistant.post("/v1/bookings", booking(world.sensory, "09:10", "09:20", world.amira))
    assert refused.json()["clashes"][0]["pupil_id"] == str(world.amira)
    async with world.app.state.database.transaction(read_only=True) as session:
        entries = (
            await session.execute(
                select(LedgerEntry).where(col(LedgerEntry.request_id) == refused.headers["X-Request-Id"])
            )
        ).scalars()
        assert sorted((one.kind, pupils_of(one.pupil_ids)) for one in entries) == [
            ("booking.refused", []),
            ("read", [world.amira]),
        ]


async def test_the_host_school_does_not_rewrite_another_schools_file(world: World) -> None:
    kept = (await world.south_senco.get(f"/v1/pupils/{world.southerner}")).json()
    asked = {
        "school_id": str(world.north), "upn": kept["roll"]["upn"],
        "born_on": "2017-05-04", "kind": "referred", "from_on": "2026-09-01", "reason": "A term in The Bubble",
    }  # fmt: skip
    request = await world.senco.post("/v1/registration-requests", asked)
    path = f"/v1/registration-requests/{request.json()['id']}"
    assert (await world.south_senco.verb(path, "agree")).status_code == 200
    assert (await world.senco.get(f"/v1/pupils/{world.southerner}")).status_code == 200
    refused = await world.senco.change(f"/v1/pupils/{world.southerner}", {"address": "elsewhere"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/file-kept-elsewhere")
