"""A school's own small instrument, four statements long, and how adults answer a profile made with it."""

from copy import deepcopy
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from iap_api.profiles.library import load_shipped
from tests.world import Person, World

OBSERVED = "2025-03-03"  # the world's pupils were born on 4 May 2017: they were 7 years old
# one answer to each of its four statements
FULL = {"d01": 2, "d02": 0, "d03": 1, "s01": 2}
_STRAND = {"title": "A strand", "about": "What it is about."}
SMALL: dict[str, Any] = {
    "key": "quay-check",
    "version": "1",
    "title": "The Quay check",
    "wording_owner": "North Quay Primary",
    "age_years": {"from": 4, "to": 11},
    "scale": [{"value": value, "meaning": f"Step {value}"} for value in range(3)],
    "re_assessment_interval_weeks": 12,
    "sections": [
        {
            "key": "strengths",
            "title": "Strengths",
            "direction": "higher_is_better",
            "clusters": [
                {"key": "learning", "title": "Learning", "strands": [{"key": "A", **_STRAND}]},
                {"key": "others", "title": "Others", "strands": [{"key": "B", **_STRAND}]},
            ],
        },
        {
            "key": "needs",
            "title": "Needs",
            "direction": "lower_is_better",
            "clusters": [{"key": "worry", "title": "Worry", "strands": [{"key": "Q", **_STRAND}]}],
        },
    ],
    "items": [
        {"key": "d01", "section": "strengths", "strand": "A", "statement": "Listens to a story."},
        {"key": "d02", "section": "strengths", "strand": "B", "statement": "Shares a ball."},
        {"key": "d03", "section": "strengths", "strand": "A", "statement": "Finishes a drawing."},
        {"key": "s01", "section": "needs", "strand": "Q", "statement": "Hides under a table."},
    ],
    "norms": [
        {"version": "2019", "source": "The school", "note": "Its first.", "bands": {"A": {"from": 1, "to": 4}}},
        {
            "version": "2024",
            "source": "The school",
            "note": "Its own.",
            "bands": {"A": {"from": 2, "to": 4}, "Q": {"from": 0, "to": 1}},
        },
    ],
}


def small(**changes: Any) -> dict[str, Any]:
    """The definition with some members changed."""
    return {**deepcopy(SMALL), **changes}


async def imported(world: World, **changes: Any) -> str:
    """The id of the small instrument, brought in by the SENCO of North Quay."""
    made = await world.senco.post("/v1/instruments", {"school_id": str(world.north), "definition": small(**changes)})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def shipped(app: FastAPI, reader: Person) -> str:
    """The id of the instrument that comes with the software."""
    async with app.state.database.transaction() as session:
        await load_shipped(session)
    found = (await reader.get("/v1/instruments?key=bubble-semh")).json()["items"]
    assert [one["instrument_version"] for one in found] == ["1"]
    return str(found[0]["id"])


async def begun(adult: Person, pupil_id: UUID, instrument_id: str, **more: Any) -> str:
    """The path of a draft that this adult has just begun."""
    body = {"pupil_id": str(pupil_id), "instrument_id": instrument_id, "observed_on": OBSERVED, **more}
    made = await adult.post("/v1/profiles", body)
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"/v1/profiles/{made.json()['id']}"
    return str(made.headers["Location"])


async def saved(adult: Person, profile: str, **answers: Any) -> httpx.Response:
    """What a phone gets for one autosave."""
    return await adult.patch(f"{profile}/answers", {"answers": answers})


async def completed(world: World, pupil_id: UUID, instrument_id: str, answers: dict[str, int], **more: Any) -> str:
    """The path of a profile that the assistant answered and the base lead signed."""
    profile = await begun(world.teaching_assistant, pupil_id, instrument_id, **more)
    assert (await saved(world.teaching_assistant, profile, **answers)).status_code == 200
    signed = await world.base_lead.verb(profile, "complete")
    assert signed.status_code == 200, signed.text
    return profile
