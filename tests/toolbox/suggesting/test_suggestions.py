"""Suggestions as a class teacher meets them the evening before, and what they must never show or claim."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from iap_api.access.tables import HeldRole
from iap_api.profiles.definition import shipped_instrument
from tests.core.heard import heard
from tests.core.recorded import entries_of, named_in
from tests.profiles.small_instrument import completed, imported, shipped
from tests.toolbox.things import ago, issued, toolbox
from tests.world import LONG_AGO, Person, World

ITEMS = shipped_instrument("bubble-semh-1").strand_items
# every strand of the first section at its most and of the second at none, but for the four of the guide
READ = ("pupils", "profiles", "zone_check_ins", "uses", "resources", "toolbox_items")
GUIDE = {"T": 9, "A": 8, "G": 9, "W": 5}


def answers(totals: dict[str, int]) -> dict[str, int]:
    """Answers to all 68 statements that give these totals, the others without need."""
    given = {}
    for strand, items in ITEMS.items():
        left = totals.get(strand, 4 * len(items) if strand < "Q" else 0)
        for item in items:
            given[item.key] = min(4, left)
            left -= given[item.key]
    return given


async def suggested(person: Person, pupil: UUID, query: str = "?limit=100") -> dict[str, Any]:
    answer = await person.get(f"/v1/pupils/{pupil}/suggestions{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def named(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The suggestions by their key, what the school has before what ships."""
    return {one["key"] or one["resource_id"]: one for one in reversed(found["suggestions"])}


async def taken_over(world: World, key: str, **more: Any) -> str:
    body = {"school_id": str(world.north), "base_id": str(world.bubble), "catalogue_key": key, "stock": 3, **more}
    made = await world.base_lead.post("/v1/resources", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def checked_in(world: World, pupil: UUID, *zones: str, **when: int) -> str:
    body = {"pupil_id": str(pupil), "zones": list(zones), "at": ago(**(when or {"hours": 3}))}
    made = await world.teaching_assistant.post("/v1/zone-check-ins", body)
    assert made.status_code == 201, made.text
    return f"/v1/zone-check-ins/{made.json()['id']}"


async def used(world: World, pupil: UUID, resource: str, **more: Any) -> str:
    body = {"pupil_id": str(pupil), "resource_id": resource, "started_at": ago(days=60), "minutes": 5, **more}
    made = await world.teaching_assistant.post("/v1/uses", body)
    assert made.status_code == 201, made.text
    return f"/v1/uses/{made.json()['id']}"


async def test_a_class_teacher_asks_the_evening_before_what_to_try_with_amira(app: FastAPI, world: World) -> None:
    """On the sofa, on her phone: Amira comes to her class tomorrow. In ten seconds she wants three things to try, and
    to see why. It is the worked example of docs/suggestions.md."""
    profile = await completed(world, world.amira, await shipped(app, world.senco), answers(GUIDE))
    board = await taken_over(world, "now-next-board")
    putty = await taken_over(world, "therapy-putty")
    fan = await taken_over(world, "feelings-fan")
    for number in range(8):
        said = "yes" if number < 4 else "no" if number == 4 else "partly" if number == 5 else None
        await used(world, world.amira, board, zones_after=["green" if number < 6 else "red"], helped=said)
    for number in range(6):
        await used(world, world.amira, putty, zones_after=["yellow" if number else "green"],
                   helped="no" if number < 4 else None)  # fmt: skip
    for _ in range(3):
        await used(world, world.amira, fan, zones_after=["green"])
    for zones in [["green"]] * 8 + [["green", "yellow"]] * 2 + [["yellow"]] * 6 + [["red"]] * 2:
        await checked_in(world, world.amira, *zones)
    # zones before a use of lately count like a check-in
    await used(world, world.amira, fan, started_at=ago(days=2), zones_before=["green", "yellow", "blue"])
    await used(world, world.amira, fan, started_at=ago(days=2), zones_before=["green", "yellow", "red", "blue"])
    found = await suggested(world.class_teacher, world.amira)
    assert found["profile"] == {
        "profile_id": profile.rsplit("/", 1)[-1],
        "observed_on": found["profile"]["observed_on"],
        "instrument": "bubble-semh",
        "norm_version": "provisional-1",
        "norm_provisional": True,
        "needs": [
            {"strand": "T", "title": "Acting on the moment", "cluster": "early_needs", "total": 9, "maximum": 16,
             "outside": 6, "furthest": True},
            {"strand": "A", "title": "Listening and settling to a task", "cluster": "making_sense", "total": 8,
             "maximum": 16, "outside": 4, "furthest": True},
            {"strand": "G", "title": "Living with limits", "cluster": "steering_self", "total": 9, "maximum": 16,
             "outside": 3, "furthest": True},
            {"strand": "W", "title": "Easily shaken", "cluster": "guarding", "total": 5, "maximum": 16,
             "outside": 2, "furthest": False},
        ],
    }  # fmt: skip
    assert {name: found["zones"][name] for name in ("records", "blue", "green", "yellow", "red", "words")} == {
        "records": 20, "blue": 2, "green": 12, "yellow": 10, "red": 3, "words": None,
    }  # fmt: skip
    by_key = named(found)
    points = {key: by_key[key]["points"] for key in ("now-next-board", "stop-think-go-lights", "therapy-putty",
                                                     "feelings-fan")}  # fmt: skip
    assert points == {
        "now-next-board": 15, "stop-think-go-lights": 11, "therapy-putty": 9, "feelings-fan": 4,
    }  # fmt: skip
    assert found["suggestions"][0] == {
        "kind": "resource", "key": "now-next-board", "resource_id": board, "title": "Now and next board", "points": 15,
        "reasons": [
            {"code": "strand_furthest", "about": "G", "points": 4, "times": 3, "of": 16,
             "words": "“Living with limits” is 3 of 16 points outside the usual range: one of the three furthest."},
            {"code": "strand", "about": "W", "points": 2, "times": 2, "of": 16,
             "words": "“Easily shaken” is 2 of 16 points outside the usual range."},
            {"code": "zone_often", "about": "yellow", "points": 3, "times": 10, "of": 20,
             "words": "It helps in the yellow zone, named in 10 of the last 20 records."},
            {"code": "worked_mostly", "about": None, "points": 4, "times": 6, "of": 8,
             "words": "After 6 of 8 uses the pupil was in the zone they wanted."},
            {"code": "said_yes", "about": None, "points": 2, "times": 4, "of": 6,
             "words": "Asked 6 times, the pupil said 4 times that it helped."},
        ],
        "allergens": [], "left": 3, "in_toolbox": False,
    }  # fmt: skip
    assert [reason["code"] for reason in by_key["feelings-fan"]["reasons"]] == [
        "cluster", "zone_often", "too_few_uses",
    ]  # fmt: skip
    assert [one["points"] for one in found["suggestions"]] == sorted(
        (one["points"] for one in found["suggestions"]), reverse=True
    )
    assert all(one["points"] == sum(why["points"] for why in one["reasons"]) for one in found["suggestions"])
    # what is in the cupboard is not offered to be taken over as well
    assert [one["kind"] for one in found["suggestions"] if one["key"] == "therapy-putty"] == ["resource"]


async def test_nothing_known_suggests_nothing_and_says_what_is_missing(world: World) -> None:
    found = await suggested(world.teaching_assistant, world.ben)
    assert (found["profile"], found["suggestions"]) == (None, [])
    assert found["zones"]["words"] == "0 record(s) of zones lately: too few to go by, 5 are needed."
    assert found["health"] == {"allergies_noted": False, "left_out": [], "to_check": []}


async def test_four_records_of_zones_claim_nothing_and_the_fifth_does(world: World) -> None:
    for _ in range(4):
        await checked_in(world, world.ben, "red")
    assert (await suggested(world.teaching_assistant, world.ben))["suggestions"] == []
    wrong = await checked_in(world, world.ben, "red")
    found = await suggested(world.teaching_assistant, world.ben)
    assert {one["points"] for one in found["suggestions"]} == {3}
    assert (await world.teaching_assistant.verb(wrong, "withdraw")).status_code == 200
    assert (await suggested(world.teaching_assistant, world.ben))["suggestions"] == []


async def test_what_is_older_than_four_weeks_is_not_lately_but_uses_still_count(world: World) -> None:
    ball = await taken_over(world, "squeeze-ball")
    for _ in range(5):
        await checked_in(world, world.ben, "red", days=29)
        await used(world, world.ben, ball, zones_before=["red"], zones_after=["green"])
    found = await suggested(world.teaching_assistant, world.ben)
    assert found["zones"]["records"] == 0
    assert [(one["resource_id"], one["points"]) for one in found["suggestions"]] == [(ball, 4)]
    wrong = await used(world, world.ben, ball, zones_after=["green"])
    assert (await world.teaching_assistant.verb(wrong, "withdraw")).status_code == 200
    (only,) = (await suggested(world.teaching_assistant, world.ben))["suggestions"]
    assert (only["reasons"][0]["times"], only["reasons"][0]["of"]) == (5, 5)


async def test_how_it_went_with_another_pupil_says_nothing_about_this_one(world: World) -> None:
    ball = await taken_over(world, "squeeze-ball")
    for _ in range(5):
        await used(world, world.cara, ball, zones_after=["green"])
        await checked_in(world, world.cara, "red")
    assert (await suggested(world.teaching_assistant, world.ben))["suggestions"] == []


async def test_the_latest_completed_profile_counts_and_no_other_instrument_stands_in_its_way(
    app: FastAPI, world: World
) -> None:
    semh = await shipped(app, world.senco)
    await completed(world, world.amira, semh, answers(GUIDE), observed_on="2026-09-10")
    latest = await completed(world, world.amira, semh, answers({"S": 6}), observed_on="2026-10-10")
    await completed(world, world.amira, await imported(world), {"d01": 0, "d02": 0, "d03": 0, "s01": 2},
                    observed_on="2026-11-10")  # fmt: skip
    (readiness,) = (await world.senco.get("/v1/instruments?key=bubble-readiness")).json()["items"]
    await completed(world, world.amira, readiness["id"], {f"r{number:02d}": 0 for number in range(1, 21)},
                    observed_on="2026-11-11")  # fmt: skip
    draft = {"pupil_id": str(world.amira), "instrument_id": semh, "observed_on": "2026-11-20"}
    assert (await world.teaching_assistant.post("/v1/profiles", draft)).status_code == 201
    found = await suggested(world.teaching_assistant, world.amira)
    assert found["profile"]["profile_id"] == latest.rsplit("/", 1)[-1]
    assert [one["strand"] for one in found["profile"]["needs"]] == ["S"]
    assert {one["key"] for one in found["suggestions"] if one["points"] == 4} >= {"greetings-near-and-far", "worry-box"}


async def test_strategies_for_other_ages_are_left_away_and_kinds_and_numbers_can_be_asked_for(
    app: FastAPI, world: World
) -> None:
    await completed(world, world.amira, await shipped(app, world.senco), answers({"S": 6, "C": 0}))
    keys = set(named(await suggested(world.teaching_assistant, world.amira)))
    # Amira is nine: "now and next" is for children up to eight
    assert "now-and-next-card" not in keys
    assert "story-of-the-day" in keys
    for kind in ("strategy", "catalogue"):
        one_kind = await suggested(world.teaching_assistant, world.amira, f"?kind={kind}&limit=3")
        assert [one["kind"] for one in one_kind["suggestions"]] == [kind] * 3
    assert (await suggested(world.teaching_assistant, world.amira, "?kind=resource"))["suggestions"] == []
    for wrong in ("?kind=pill", "?limit=0", "?limit=101"):
        refused = await world.teaching_assistant.get(f"/v1/pupils/{world.amira}/suggestions{wrong}")
        assert refused.status_code == 422


async def test_only_what_the_pupils_own_base_and_school_have_is_offered(app: FastAPI, world: World) -> None:
    await completed(world, world.amira, await shipped(app, world.senco), answers({"F": 4}))
    other = world.base("The Nook", world.north)
    await world.save()
    near = await taken_over(world, "rocking-seat")
    mine = {"school_id": str(world.north), "name": "Den of our own", "category": "calm", "strands": ["F"]}
    whole = (await world.senco.post("/v1/resources", mine)).json()["id"]
    untagged = (await world.senco.post("/v1/resources", {**mine, "strands": []})).json()["id"]
    next_door = (await world.senco.post("/v1/resources", {**mine, "base_id": str(other)})).json()["id"]
    gone = await taken_over(world, "snack-box")
    ended = await world.base_lead.verb(f"/v1/resources/{gone}", "end", {"ended_on": "2026-11-20"})
    assert ended.status_code == 200
    assert (await world.south_senco.post("/v1/resources", {**mine, "school_id": str(world.south)})).status_code == 201
    # the trust reads the cupboards of both schools, and Amira has to do with one of them
    for reader in (world.teaching_assistant, world.trust_inclusion_lead):
        found = await suggested(reader, world.amira, "?kind=resource")
        assert {one["resource_id"] for one in found["suggestions"]} == {near, whole}
    assert not {untagged, next_door, gone} & {one["resource_id"] for one in found["suggestions"]}


async def test_what_is_in_the_toolbox_already_says_so(app: FastAPI, world: World) -> None:
    await completed(world, world.amira, await shipped(app, world.senco), answers({"F": 4}))
    seat = await taken_over(world, "rocking-seat")
    box = await toolbox(world, world.amira, "7")
    item = await issued(world, box, seat)

    async def seen() -> tuple[bool, int]:
        (one,) = (await suggested(world.teaching_assistant, world.amira, "?kind=resource"))["suggestions"]
        return one["in_toolbox"], one["left"]

    assert await seen() == (True, 2)
    assert (await world.teaching_assistant.verb(f"/v1/toolbox-items/{item}", "return")).status_code == 200
    assert await seen() == (False, 3)


@pytest.mark.parametrize("health", [{"allergies": "LATEX gloves: rash within minutes"}, {"allergens": ["latex"]}])
async def test_what_a_pupil_is_allergic_to_is_left_out_and_said_and_the_rest_is_to_be_checked(
    app: FastAPI, world: World, health: dict[str, Any]
) -> None:
    changed = await world.senco.change(f"/v1/pupils/{world.amira}", health)
    assert changed.status_code == 200
    await completed(world, world.amira, await shipped(app, world.senco), answers({"A": 4, "F": 4}))
    seat = await taken_over(world, "ear-defenders")
    snack = await taken_over(world, "snack-box")
    found = await suggested(world.class_teacher, world.amira)
    assert not [one["title"] for one in found["suggestions"] if "latex" in one["allergens"]]
    left_out = found["health"]["left_out"]
    assert left_out[0] == {
        "key": "ear-defenders", "resource_id": seat, "title": "Ear defenders", "allergens": ["latex"],
    }  # fmt: skip
    assert {"bumpy-seat-cushion", "foot-band"} <= {one["key"] for one in left_out}
    # what would not have been suggested anyway is no news
    assert "stretchy-bands" not in {one["key"] for one in left_out}
    assert found["health"]["allergies_noted"]
    assert "Snack and water box" in found["health"]["to_check"]
    assert "Rocking seat" not in found["health"]["to_check"]
    assert named(found)["snack-box"]["resource_id"] == snack


async def test_who_may_not_see_health_is_told_nothing_of_an_allergy(app: FastAPI, world: World) -> None:
    await completed(world, world.amira, await shipped(app, world.senco), answers({"A": 4}))
    trust = world.trust_inclusion_lead
    before = await suggested(trust, world.amira)
    changed = await world.senco.change(f"/v1/pupils/{world.amira}", {"allergies": "Latex"})
    assert changed.status_code == 200
    assert await suggested(trust, world.amira) == before
    assert "health" not in before
    assert "ear-defenders" in named(before)


async def test_somebody_with_two_roles_sees_health_only_where_one_of_them_opens_it(app: FastAPI, world: World) -> None:
    """The head of inclusion of the trust who is the SENCO of South Quay too."""
    both = world.account("both", "trust_inclusion_lead", world.trust_id)
    world.add(HeldRole(account_id=both.account.id, role="senco", place_id=world.south, starts_on=LONG_AGO))
    await world.save()
    assert "health" not in await suggested(both, world.amira)
    assert "health" in await suggested(both, world.southerner)


@pytest.mark.parametrize("who", ["office", "referrer", "governor", "administrator", "mis"])
async def test_who_does_not_plan_for_the_child_is_refused(world: World, who: str) -> None:
    refused = await world.people[who].get(f"/v1/pupils/{world.amira}/suggestions")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-your-role")


async def test_a_pupil_out_of_reach_is_as_absent_as_one_who_does_not_exist(world: World) -> None:
    for pupil in (world.southerner, UUID("01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d")):
        assert (await world.teaching_assistant.get(f"/v1/pupils/{pupil}/suggestions")).status_code == 404


async def test_looking_is_written_down_as_having_seen_the_pupil(world: World) -> None:
    await suggested(world.class_teacher, world.amira)
    (entry,) = await entries_of(world, world.class_teacher)
    assert (entry.kind, entry.resource, named_in(entry)) == ("read", "suggestion", {world.amira})


async def test_more_to_choose_from_takes_no_more_statements(app: FastAPI, world: World) -> None:
    instrument = await shipped(app, world.senco)
    await completed(world, world.amira, instrument, answers(GUIDE))

    async def statements() -> int:
        said: list[str] = []
        me = asyncio.current_task()
        with heard(lambda sent: said.append(sent) if asyncio.current_task() is me else None):
            await suggested(world.teaching_assistant, world.amira)
        return sum(any(f"FROM {table}" in sent for table in READ) for sent in said)

    await suggested(world.teaching_assistant, world.amira)
    first = await statements()
    for key in ("rocking-seat", "ear-defenders", "now-next-board", "sand-timers"):
        thing = await taken_over(world, key)
        for _ in range(3):
            await used(world, world.amira, thing, zones_after=["green"])
            await checked_in(world, world.amira, "yellow")
    await completed(world, world.amira, instrument, answers({"S": 6}))
    assert await statements() == first == 7
