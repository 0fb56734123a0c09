"""A school that holds a licence answers in the publisher's system and types the strand totals in here."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iap_api.profiles.definition import shipped_instrument
from iap_api.profiles.scoring import BadAnswers, score, score_totals
from tests.profiles.small_instrument import FULL, begun, completed, imported, saved
from tests.world import Person, World

SOURCE = "Typed from the licensed system, 3 March"
# the small instrument: A has two items of 0 to 2, B and Q one each
WHOLE = {"A": 3, "B": 0, "Q": 2}


async def entered(person: Person, path: str, totals: dict[str, Any], **more: Any) -> httpx.Response:
    tag = (await person.get(path)).headers["ETag"]
    return await person.put(f"{path}/totals", {"totals": totals, "source": SOURCE, **more}, If_Match=tag)


async def test_the_base_lead_types_three_totals_and_signs_and_they_stand_beside_what_was_answered_here(
    world: World,
) -> None:
    instrument = await imported(world)
    first = await completed(world, world.amira, instrument, FULL)
    path = await begun(world.base_lead, world.amira, instrument)
    told = await entered(world.base_lead, path, WHOLE)
    assert told.status_code == 200, told.text
    assert (told.json()["totals"], told.json()["source"], told.json()["missing"]) == (WHOLE, SOURCE, [])
    signed = await world.base_lead.verb(path, "complete")
    assert signed.status_code == 200, signed.text
    record = signed.json()
    assert (record["status"], record["answered"], record["totals_source"]) == ("completed", 0, SOURCE)
    scores = (await world.base_lead.get(f"{path}/scores")).json()
    assert [(one["key"], one["total"], one["status"]) for one in scores["strands"]] == [
        ("A", 3, "within"), ("B", 0, None), ("Q", 2, "above"),
    ]  # fmt: skip
    assert [one["total"] for one in scores["sections"]] == [3, 2]
    compared = await world.base_lead.get(f"{path}/comparison?with={first[-36:]}")
    assert compared.status_code == 200, compared.text


async def test_totals_that_lack_a_strand_are_kept_but_not_signed(world: World) -> None:
    path = await begun(world.base_lead, world.ben, await imported(world))
    told = await entered(world.base_lead, path, {"A": 3, "B": 1})
    assert (told.status_code, told.json()["missing"]) == (200, ["Q"])
    refused = await world.base_lead.verb(path, "complete")
    assert (refused.status_code, refused.json()["missing"]) == (409, ["s01"])
    assert (await entered(world.base_lead, path, WHOLE)).status_code == 200
    assert (await world.base_lead.verb(path, "complete")).status_code == 200


@pytest.mark.parametrize(
    ("totals", "pointer"),
    [
        ({**WHOLE, "A": 5}, "/totals/A"), ({**WHOLE, "A": -1}, "/totals/A"), ({**WHOLE, "Q": 1.0}, "/totals/Q"),
        ({**WHOLE, "Q": None}, "/totals/Q"), ({**WHOLE, "Q": True}, "/totals/Q"), ({**WHOLE, "amira": 1}, "/totals"),
        ({}, "/totals"),
    ],
)  # fmt: skip
async def test_a_total_that_cannot_be_is_refused_by_its_strand(
    world: World, totals: dict[str, Any], pointer: str
) -> None:
    path = await begun(world.base_lead, world.amira, await imported(world))
    refused = await entered(world.base_lead, path, totals)
    assert refused.status_code == 422, refused.text
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    assert "amira" not in refused.text
    assert (await world.base_lead.get(f"{path}/totals")).json()["totals"] == {}


async def test_a_profile_is_answered_here_or_added_up_elsewhere_never_both(world: World) -> None:
    instrument = await imported(world)
    answered = await begun(world.base_lead, world.amira, instrument)
    assert (await saved(world.teaching_assistant, answered, d01=1)).status_code == 200
    refused = await entered(world.base_lead, answered, WHOLE)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/has-answers")
    typed = await begun(world.base_lead, world.amira, instrument)
    assert (await entered(world.base_lead, typed, WHOLE)).status_code == 200
    refused = await saved(world.teaching_assistant, typed, d01=1)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/has-totals")


async def test_what_was_signed_never_changes_and_its_correction_begins_with_its_totals(world: World) -> None:
    path = await begun(world.base_lead, world.amira, await imported(world))
    assert (await entered(world.base_lead, path, WHOLE)).status_code == 200
    assert (await world.base_lead.verb(path, "complete")).status_code == 200
    refused = await entered(world.base_lead, path, {**WHOLE, "B": 1})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/profile-closed")
    corrected = await world.base_lead.verb(path, "correct", {"reason": "B was read from the wrong line."})
    assert corrected.status_code == 201, corrected.text
    again = f"/v1/profiles/{corrected.json()['id']}"
    assert (await world.base_lead.get(f"{again}/totals")).json()["totals"] == WHOLE
    assert (await entered(world.base_lead, again, {**WHOLE, "B": 1})).status_code == 200
    assert (await world.base_lead.verb(again, "complete")).status_code == 200
    assert (await world.base_lead.get(path)).json()["status"] == "superseded"


async def test_totals_are_entered_on_what_was_seen_last(world: World) -> None:
    path = await begun(world.base_lead, world.amira, await imported(world))
    tag = (await world.base_lead.get(path)).headers["ETag"]
    assert (await entered(world.base_lead, path, WHOLE)).status_code == 200
    late = await world.base_lead.put(f"{path}/totals", {"totals": {"A": 1}, "source": SOURCE}, If_Match=tag)
    assert late.status_code == 412


BUBBLE = shipped_instrument("bubble-semh-1")
ANSWERS = st.fixed_dictionaries({key: st.integers(0, 4) for key in BUBBLE.items_by_key})


@given(ANSWERS, st.integers(4, 11))
def test_totals_of_answers_score_as_the_answers_do(answers: dict[str, int], age: int) -> None:
    by_answers = score(BUBBLE, answers, None, age)
    by_totals = score_totals(BUBBLE, {one.key: one.total or 0 for one in by_answers.strands}, None, age)
    assert [(one.key, one.total, one.status) for one in by_totals.strands] == [
        (one.key, one.total, one.status) for one in by_answers.strands
    ]
    assert [one.total for one in by_totals.sections] == [one.total for one in by_answers.sections]
    assert by_totals.complete
    assert {one.answered for one in by_totals.strands} == {0}


def test_a_total_beyond_the_strands_maximum_is_no_score() -> None:
    with pytest.raises(BadAnswers):
        score_totals(BUBBLE, {"A": 17})
