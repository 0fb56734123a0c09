"""What was wanted and not to be had: every refusal that a space or its times gave is counted, and nothing else."""

from datetime import date

from iap_api.core import clock
from tests.core.recorded import entries_of
from tests.spaces.bookings.test_what_spaces_ask import asked, refused, set_up
from tests.spaces.series.terms import became, enter_year, weekly
from tests.world import World


async def counted(world: World) -> dict[tuple[str, str], int]:
    """What the base's figures of today say was refused: by space and rule."""
    today = clock.today()
    answer = await world.base_lead.get(f"/v1/bases/{world.bubble}/use?from_on={today}&until_on={today}")
    assert answer.status_code == 200, answer.text
    return {(one["space_id"], one["rule"]): one["count"] for one in answer.json()["refused"]}


async def test_the_lead_shows_the_head_that_the_sensory_room_is_wanted_when_it_is_shut(world: World) -> None:
    """At the end of term, on one page: how often it was asked for outside its hours, too early, and by others."""
    lead, sensory = world.base_lead, str(world.sensory)
    body = asked(world.sensory, "10:00", "10:20", world.amira)
    for terms, kind, status in (
        ({"opening": [{"weekday": 1, "from_time": "09:00", "until_time": "12:00"}]}, "space-closed", 409),
        ({"opening": [], "days_ahead": 3}, "too-far-ahead", 409),
        ({"days_ahead": None, "bookable_by": ["therapist"]}, "not-your-space-to-book", 403),
    ):
        await set_up(world, world.sensory, **terms)
        refused(await lead.post("/v1/bookings", body), status, kind)
        refused(await lead.post("/v1/bookings", body), status, kind)
    refused(await lead.post("/v1/bookings", {**body, "space_id": str(world.retreat)}), 409, "walk-in-only")
    nonsense = {**body, "ends_at": body["starts_at"]}
    refused(await lead.post("/v1/bookings", nonsense), 422, "invalid")
    assert await counted(world) == {
        (sensory, "space-closed"): 2, (sensory, "too-far-ahead"): 2, (sensory, "not-your-space-to-book"): 2,
        (str(world.retreat), "walk-in-only"): 1,
    }  # fmt: skip
    assert (await lead.get(f"/v1/bookings?space_id={world.sensory}")).json()["items"] == []


async def test_a_booking_that_may_not_be_moved_or_checked_in_to_yet_counts_too(world: World) -> None:
    ta, stem = world.teaching_assistant, str(world.stem)
    made = await ta.post("/v1/bookings", asked(world.stem, "10:00", "10:30", world.amira))
    path = made.headers["Location"]
    refused(await ta.verb(path, "check-in"), 409, "too-early")
    await set_up(world, world.stem, needs_approval=True)
    refused(await ta.change(path, {"ends_at": "2027-01-13T11:00:00Z"}), 409, "approval-needed")
    await set_up(world, world.stem, opening=[{"weekday": 3, "from_time": "10:00", "until_time": "10:30"}])
    refused(await ta.change(path, {"ends_at": "2027-01-13T11:00:00Z"}), 409, "space-closed")
    assert await counted(world) == {
        (stem, "too-early"): 1, (stem, "approval-needed"): 1, (stem, "space-closed"): 1,
    }  # fmt: skip


async def _taken(world: World) -> None:
    """Two Mondays have no place, and one more is after the last day one may book on."""
    await enter_year(world)
    await set_up(world, world.sensory, places=1)
    for day in ("2027-01-11", "2027-01-18"):
        other = asked(world.sensory, "09:30", "09:45", world.ben, day=day)
        assert (await world.senco.post("/v1/bookings", other)).status_code == 201
    await world.senco.post("/v1/closures", {"school_id": str(world.north), "from_at": "2027-01-25T00:00:00Z",
                                            "until_at": "2027-01-26T00:00:00Z", "reason": "Snow"})  # fmt: skip
    await set_up(world, world.sensory, days_ahead=(date(2027, 2, 1) - clock.today()).days)


async def test_each_day_of_a_series_that_is_refused_counts_whether_it_is_skipped_or_stops_it_all(world: World) -> None:
    await _taken(world)
    sensory = str(world.sensory)
    mondays = weekly(world.sensory, world.amira, until_on="2027-02-12")
    stopped = await world.therapist.post("/v1/series", mondays)
    refused(stopped, 409, "series-clash")
    once = {(sensory, "space-full"): 2, (sensory, "space-closed"): 1, (sensory, "too-far-ahead"): 1}
    assert await counted(world) == once
    skipped = await world.therapist.post("/v1/series", {**mondays, "on_conflict": "skip"})
    assert (became(skipped, "booked"), len(became(skipped, "skipped"))) == (["2027-01-04", "2027-02-01"], 4)
    assert await counted(world) == {rule: 2 * count for rule, count in once.items()}
    assert (await world.therapist.verb(skipped.headers["Location"], "retry")).status_code == 200
    assert await counted(world) == {rule: 3 * count for rule, count in once.items()}
    notes = [one.fields for one in await entries_of(world, world.therapist) if one.kind == "booking.refused"]
    assert set(notes) == {"space-full", "space-closed", "too-far-ahead"}, "never two rules in one entry"


async def test_a_series_that_a_room_refuses_as_a_whole_counts_once(world: World) -> None:
    await enter_year(world)
    refused(await world.base_lead.post("/v1/series", weekly(world.retreat, world.amira)), 409, "walk-in-only")
    assert await counted(world) == {(str(world.retreat), "walk-in-only"): 1}
    await set_up(world, world.stem, needs_approval=False)
    made = await world.teaching_assistant.post("/v1/series", weekly(world.stem, world.amira))
    await set_up(world, world.stem, needs_approval=True)
    longer = {"scope": "all", "until_time": "10:30"}
    refused(await world.teaching_assistant.change(made.headers["Location"], longer), 409, "approval-needed")
    assert (await counted(world))[str(world.stem), "approval-needed"] == 1
