"""Two profiles of one child set side by side: what got better, and when that may not be said."""

from iap_api.profiles.profile_shapes import ComparisonRead
from tests.profiles.small_instrument import begun, completed, imported, saved
from tests.world import World

AUTUMN = {"d01": 1, "d02": 2, "d03": 0, "s01": 2}
SPRING = {"d01": 2, "d02": 1, "d03": 2, "s01": 0}


async def test_from_autumn_to_spring_plus_is_better_in_both_sections_whichever_way_it_is_asked(world: World) -> None:
    instrument = await imported(world)
    autumn = await completed(world, world.amira, instrument, AUTUMN, observed_on="2024-11-04")
    spring = await completed(world, world.amira, instrument, SPRING, observed_on="2025-03-03")
    answers = [
        await world.class_teacher.get(f"{one}/comparison?with={other[-36:]}")
        for one, other in ((spring, autumn), (autumn, spring))
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        found = ComparisonRead.model_validate(answer.json())
        assert (str(found.earlier_id), str(found.later_id)) == (autumn[-36:], spring[-36:])
        # A: 1+0 to 2+2; B: 2 to 1; Q, where less is better: 2 to 0
        strands = [(one.key, one.earlier, one.later, one.change) for one in found.strands]
        assert strands == [("A", 1, 4, 3), ("B", 2, 1, -1), ("Q", 2, 0, 2)]
        assert [(one.key, one.change) for one in found.clusters] == [("learning", 3), ("others", -1), ("worry", 2)]
        assert [(one.key, one.change) for one in found.sections] == [("strengths", 2), ("needs", 2)]
        assert (found.overall, found.norm_version, found.pupil_id) == (4, "2024", world.amira)


async def test_profiles_that_do_not_stand_on_one_ruler_are_refused_with_the_reason(world: World) -> None:
    instrument = await imported(world)
    spring = await completed(world, world.amira, instrument, SPRING)
    second_version = await imported(world, version="2")
    other_key = await imported(world, key="other-check")
    draft = await begun(world.teaching_assistant, world.amira, instrument)
    await saved(world.teaching_assistant, draft, **AUTUMN)
    withdrawn = await begun(world.teaching_assistant, world.amira, instrument)
    assert (await world.teaching_assistant.verb(withdrawn, "withdraw")).status_code == 200
    others = {
        "norm_version": await completed(world, world.amira, instrument, AUTUMN, norm_version="2019"),
        "instrument_version": await completed(world, world.amira, second_version, AUTUMN),
        "instrument": await completed(world, world.amira, other_key, AUTUMN),
        "pupil": await completed(world, world.ben, instrument, AUTUMN),
        "not_completed": draft,
    }
    for reason, other in others.items():
        for path in (f"{spring}/comparison?with={other[-36:]}", f"{other}/comparison?with={spring[-36:]}"):
            refused = await world.base_lead.get(path)
            assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-comparable"), refused.text
            assert refused.json()["reason"] == reason
    assert (await world.base_lead.get(f"{spring}/comparison?with={withdrawn[-36:]}")).json()[
        "reason"
    ] == "not_completed"


async def test_a_superseded_profile_is_compared_no_more(world: World) -> None:
    instrument = await imported(world)
    autumn = await completed(world, world.amira, instrument, AUTUMN, observed_on="2024-11-04")
    spring = await completed(world, world.amira, instrument, SPRING)
    correction = (await world.base_lead.verb(autumn, "correct", {"reason": "Wrong child"})).headers["Location"]
    await saved(world.base_lead, correction, d01=0)
    assert (await world.base_lead.verb(correction, "complete")).status_code == 200
    refused = await world.base_lead.get(f"{spring}/comparison?with={autumn[-36:]}")
    assert (refused.status_code, refused.json()["reason"]) == (409, "not_completed")
    found = (await world.base_lead.get(f"{spring}/comparison?with={correction[-36:]}")).json()
    assert found["strands"][0] == {"key": "A", "earlier": 0, "later": 4, "change": 4}


async def test_a_comparison_needs_a_well_formed_other_profile(world: World) -> None:
    spring = await completed(world, world.amira, await imported(world), SPRING)
    for query, status in (("", 422), ("?with=1", 422), (f"?with={spring[-36:]}&and=1", 422)):
        assert (await world.base_lead.get(f"{spring}/comparison{query}")).status_code == status, query
    itself = (await world.base_lead.get(f"{spring}/comparison?with={spring[-36:]}")).json()
    assert itself["overall"] == 0
