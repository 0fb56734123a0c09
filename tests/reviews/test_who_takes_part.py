"""Who may read, plan, speak in and close a review; expected by hand from the descriptions of the roles."""

from tests.reviews.meetings import contribute, day, decision, due, held, hour
from tests.world import World

READS = {
    "teaching_assistant": 200, "second_assistant": 200, "class_teacher": 200, "base_lead": 200, "senco": 200,
    "headteacher": 200, "safeguarding_lead": 200, "therapist": 200, "trust_inclusion_lead": 200,
    "referrer": 404, "south_senco": 404,
    "office": 403, "governor": 403, "trust_analyst": 403, "data_protection_officer": 403, "administrator": 403,
    "mis": 403, "trust_feed": 403,
}  # fmt: skip
CONTRIBUTES = {
    **READS,
    **dict.fromkeys([name for name, status in READS.items() if status == 200], 201),
    "referrer": 422, "south_senco": 422, "trust_inclusion_lead": 403,
}  # fmt: skip
PLANS = {
    **dict.fromkeys(READS, 403),
    **dict.fromkeys(("teaching_assistant", "second_assistant", "base_lead", "senco"), 201),
    "south_senco": 422,
}


async def test_who_reads_amiras_review(world: World) -> None:
    path = await due(world, world.amira)
    answers = {name: await world.people[name].get(path) for name in READS}
    assert {name: answer.status_code for name, answer in answers.items()} == READS


async def test_who_is_heard_in_amiras_review(world: World) -> None:
    path = await due(world, world.amira)
    answers = {name: await contribute(world.people[name], path, by="other") for name in CONTRIBUTES}
    assert {name: answer.status_code for name, answer in answers.items()} == CONTRIBUTES


async def test_who_plans_a_review_of_amira(world: World) -> None:
    body = {"pupil_id": str(world.amira), "kind": "termly", "due_on": day(20)}
    answers = {name: await world.people[name].post("/v1/reviews", body) for name in PLANS}
    assert {name: answer.status_code for name, answer in answers.items()} == PLANS


async def test_only_the_senco_closes_a_review(world: World) -> None:
    path = await held(world, world.amira)
    for name in READS:
        if name not in ("senco", "south_senco"):
            tag = (await world.senco.get(path)).headers["ETag"]
            answer = await world.people[name].post(f"{path}/close", decision(), If_Match=tag)
            assert answer.status_code == 403, name
    tag = (await world.senco.get(path)).headers["ETag"]
    assert (await world.south_senco.post(f"{path}/close", decision(), If_Match=tag)).status_code == 404
    assert (await world.senco.post(f"{path}/close", decision(), If_Match=tag)).status_code == 200


async def test_the_senco_of_another_school_reads_and_speaks_for_the_pupil_they_referred(world: World) -> None:
    of_ben, of_amira = await due(world, world.ben), await due(world, world.amira)
    assert (await world.referrer.get(of_ben)).status_code == 200
    assert [one["id"] for one in (await world.referrer.get("/v1/reviews")).json()["items"]] == [of_ben[-36:]]
    said = await contribute(world.referrer, of_ben, by="referrer", medium="written", words="He asks about you all.")
    assert said.status_code == 201, said.text
    assert (await world.referrer.get(said.headers["Location"])).json()["words"] == "He asks about you all."
    assert (await world.referrer.get(of_amira)).status_code == 404
    assert (await world.therapist.get(of_ben)).status_code == 404
    assert (await contribute(world.therapist, of_ben)).status_code == 422


async def test_a_review_in_which_a_pupil_of_another_school_is_named_is_not_planned(world: World) -> None:
    body = {"pupil_id": str(world.southerner), "kind": "early", "due_on": day(3)}
    far = await world.base_lead.post("/v1/reviews", body)
    nobody = await world.base_lead.post("/v1/reviews", {**body, "pupil_id": str(world.north)})
    assert (far.status_code, nobody.status_code) == (422, 422)
    assert far.json()["errors"] == nobody.json()["errors"]
    chair = {**body, "pupil_id": str(world.amira), "chair_staff_id": str(world.north), "scheduled_at": hour(5)}
    assert (await world.base_lead.post("/v1/reviews", chair)).json()["errors"][0]["pointer"] == "/chair_staff_id"


async def test_the_parts_of_reviews_are_listed_within_reach(world: World) -> None:
    path = await due(world, world.amira)
    assert (await contribute(world.teaching_assistant, path)).status_code == 201
    mine = (await world.therapist.get(f"/v1/contributions?review_id={path[-36:]}")).json()["items"]
    assert [one["words"] for one in mine] == ["I like the blue room."]
    voices = (await world.therapist.get(f"/v1/contributions?pupil_id={world.amira}&by=parent_voice")).json()["items"]
    assert voices == []
    assert (await world.referrer.get(f"/v1/contributions?review_id={path[-36:]}")).json()["items"] == []
    assert (await world.referrer.get(f"/v1/targets?pupil_id={world.amira}")).status_code == 404
    assert (await world.governor.get("/v1/targets")).status_code == 403
