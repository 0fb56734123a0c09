"""North Quay's year 2026/27 as it hangs on the wall, and a series of it to ask for."""

from typing import Any

from tests.world import World

# Mondays of the autumn term, 7 September to 14 December: half-term takes 26 October, an INSET day 23 November
INSET, HALF_TERM = "2026-11-23", "2026-10-26"


def year(school: Any) -> dict[str, Any]:
    return {
        "school_id": str(school), "name": "2026/27", "starts_on": "2026-09-01", "ends_on": "2027-08-31",
        "terms": [
            {"name": "Autumn", "starts_on": "2026-09-02", "ends_on": "2026-12-18"},
            {"name": "Spring", "starts_on": "2027-01-04", "ends_on": "2027-03-25"},
            {"name": "Summer", "starts_on": "2027-04-12", "ends_on": "2027-07-21"},
        ],
        "days_off": [
            {"kind": "half_term", "name": "Half-term", "from_on": HALF_TERM, "until_on": "2026-10-30"},
            {"kind": "inset", "name": "INSET", "from_on": INSET, "until_on": INSET},
            {"kind": "half_term", "name": "Half-term", "from_on": "2027-02-15", "until_on": "2027-02-19"},
            {"kind": "bank_holiday", "name": "May Day", "from_on": "2027-05-03", "until_on": "2027-05-03"},
            {"kind": "half_term", "name": "Half-term", "from_on": "2027-05-31", "until_on": "2027-06-04"},
        ],
    }  # fmt: skip


async def enter_year(world: World) -> None:
    for who, school in ((world.office, world.north), (world.south_senco, world.south)):
        made = await who.post("/v1/academic-years", year(school))
        assert made.status_code == 201, made.text


def weekly(space: Any, *pupils: Any, **more: Any) -> dict[str, Any]:
    """Mondays 09:00 to 10:00 in the spring and summer terms, which are ahead."""
    return {
        "space_id": str(space), "from_on": "2027-01-04", "until_on": "2027-07-21", "weekdays": [1],
        "from_time": "09:00", "until_time": "10:00", "purpose": "therapy",
        "pupil_ids": [str(pupil) for pupil in pupils], **more,
    }  # fmt: skip


def became(answer: Any, outcome: str) -> list[str]:
    """The days of a series of which that became."""
    return [one["on"] for one in answer.json()["occurrences"] if one["outcome"] == outcome]


def reasons(answer: Any) -> dict[str, str]:
    return {one["on"]: one["reason"] for one in answer.json()["occurrences"] if one["reason"]}
