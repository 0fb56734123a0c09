"""Somebody who works in a base of two schools: each role reaches its own bookings, and the two do not multiply."""

from datetime import timedelta
from typing import Any

from iap_api.access.tables import HeldRole
from iap_api.core import clock
from iap_api.pupils.tables import Registration
from tests.world import LONG_AGO, World


def _in_the_dome(world: World, pupil: Any, hour: int) -> dict[str, Any]:
    day = (clock.today() + timedelta(days=7)).isoformat()
    return {"space_id": str(world.dome), "pupil_ids": [str(pupil)], "purpose": "regulation",
            "starts_at": f"{day}T{hour:02d}:00:00Z", "ends_at": f"{day}T{hour:02d}:30:00Z"}  # fmt: skip


async def test_a_hall_shows_to_who_works_in_two_bases_the_children_of_the_base_of_its_own_school(world: World) -> None:
    """A lead of The Bubble who helps in The Harbour, whose child Sol comes to North Quay for the dome."""
    both = world.account("both", "base_lead", world.bubble)
    world.add(HeldRole(account_id=both.account.id, role="teaching_assistant", place_id=world.harbour,
                       starts_on=LONG_AGO))  # fmt: skip
    world.add(Registration(school_id=world.north, pupil_id=world.southerner, kind="placed", from_on=LONG_AGO))
    await world.save()
    booked = []
    for hour, pupil in ((9, world.amira), (11, world.southerner)):
        answer = await world.senco.post("/v1/bookings", _in_the_dome(world, pupil, hour))
        assert answer.status_code == 201, answer.text
        booked.append(answer.json()["id"])
    assert (await both.get(f"/v1/pupils/{world.southerner}")).status_code == 200
    assert [one["id"] for one in (await both.get("/v1/bookings")).json()["items"]] == booked[:1]
    assert [(await both.get(f"/v1/bookings/{one}")).status_code for one in booked] == [200, 404]
