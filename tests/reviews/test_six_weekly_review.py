"""A six-weekly review from the day it is planned to its addendum, as the people around one child live it."""

from tests.reviews.meetings import agree, closed, contribute, day, decision, due, held, hour, words
from tests.world import World


async def test_amiras_six_weekly_review_from_planning_to_addendum(world: World) -> None:
    lead, senco = world.base_lead, world.senco
    made = await lead.post(
        "/v1/reviews",
        {
            "pupil_id": str(world.amira),
            "kind": "six_weekly",
            "due_on": day(3),
            "chair_staff_id": str(world.staff["base_lead"]),
        },
    )
    assert made.status_code == 201, made.text
    path = made.headers["Location"]
    assert (made.json()["status"], made.json()["late"], made.json()["addenda_count"]) == ("due", False, 0)

    scheduled = await lead.verb(path, "schedule", {"scheduled_at": hour(-1)})
    assert (scheduled.status_code, scheduled.json()["status"]) == (200, "scheduled")
    placed = await lead.change(path, {"place": "The Bubble, by the window"})
    assert placed.json()["place"] == "The Bubble, by the window"

    # the child speaks, the assistant types on a tablet in a corridor with bad reception and sends it twice
    said = words(path, words="I want to eat lunch with my class again.")
    first = await world.teaching_assistant.post("/v1/contributions", said, Idempotency_Key="tablet-7-lunch")
    again = await world.teaching_assistant.post("/v1/contributions", said, Idempotency_Key="tablet-7-lunch")
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["written_by"] == str(world.teaching_assistant.account.id)
    therapist = await contribute(world.therapist, path, by="therapist", medium="written", words="Calmer at the door.")
    assert therapist.status_code == 201, therapist.text
    target = await agree(lead, path, strand="F", area="SEMH")
    assert target.status_code == 201, target.text

    held_at = hour(-1)
    attendees = [
        {"role": "pupil"},
        {"role": "parent_carer", "name": "Ngozi Okafor"},
        {"role": "base_lead", "staff_id": str(world.staff["base_lead"])},
    ]
    met = await lead.verb(path, "hold", {"held_at": held_at, "attendees": attendees})
    assert met.status_code == 200, met.text
    assert (met.json()["status"], met.json()["parent_present"], met.json()["held_at"]) == ("held", True, held_at)
    assert met.json()["attendees"] == [
        {"role": "pupil", "name": None, "staff_id": None},
        {"role": "parent_carer", "name": "Ngozi Okafor", "staff_id": None},
        {"role": "base_lead", "name": None, "staff_id": str(world.staff["base_lead"])},
    ]

    done = await senco.verb(path, "close", decision(decision="step_up_reintegration"))
    assert done.status_code == 200, done.text
    review = done.json()
    assert (review["status"], review["decision"]) == ("closed", "step_up_reintegration")
    assert (review["next_due_on"], review["closed_by"]) == (day(42), str(senco.account.id))
    assert [(one["by"], one["words"]) for one in review["contributions"]] == [
        ("pupil_voice", "I want to eat lunch with my class again."),
        ("therapist", "Calmer at the door."),
    ]
    assert [one["strand"] for one in review["targets"]] == ["F"]
    assert review["gas_t_score"] is None

    added = await world.teaching_assistant.post(f"{path}/addenda", {"words": "Her mother rang: lunch is on Tuesdays."})
    assert added.status_code == 201, added.text
    assert (await senco.get(path)).json()["addenda_count"] == 1
    listed = (await senco.get(f"{path}/addenda")).json()["items"]
    assert [one["words"] for one in listed] == ["Her mother rang: lunch is on Tuesdays."]
    assert (await senco.get(added.headers["Location"])).json() == listed[0]


async def test_a_child_may_decline_and_that_is_kept(world: World) -> None:
    path = await due(world, world.amira)
    declined = await contribute(world.teaching_assistant, path, medium="declined", words=None)
    assert (declined.status_code, declined.json()["words"]) == (201, None)
    put_words_in = await contribute(world.teaching_assistant, path, medium="declined", words="She is fine.")
    assert (put_words_in.status_code, put_words_in.json()["errors"][0]["pointer"]) == (422, "/words")
    nothing_said = await contribute(world.teaching_assistant, path, medium="spoken", words=None)
    assert (nothing_said.status_code, nothing_said.json()["errors"][0]["pointer"]) == (422, "/words")
    drawn = await contribute(world.teaching_assistant, path, medium="drawn", words=None)
    assert drawn.status_code == 201
    tomorrow = await contribute(world.teaching_assistant, path, given_on=day(2))
    assert (tomorrow.status_code, tomorrow.json()["errors"][0]["pointer"]) == (422, "/given_on")


async def test_words_are_corrected_by_their_author_alone(world: World) -> None:
    path = await due(world, world.amira)
    made = await contribute(world.teaching_assistant, path)
    address = made.headers["Location"]
    assert (await world.base_lead.change(address, {"words": "Better put."})).status_code == 403
    assert (await world.second_assistant.change(address, {"words": "Better put."})).json()["type"] == (
        "/problems/not-the-author"
    )
    assert (await world.teaching_assistant.patch(address, {"words": "I like it."})).status_code == 428
    corrected = await world.teaching_assistant.change(address, {"words": "I like the green room."})
    assert (corrected.status_code, corrected.json()["words"]) == (200, "I like the green room.")
    changed_her_mind = await world.teaching_assistant.change(address, {"medium": "declined", "words": None})
    assert (changed_her_mind.json()["medium"], changed_her_mind.json()["words"]) == ("declined", None)
    half = await world.teaching_assistant.change(address, {"medium": "spoken"})
    assert (half.status_code, half.json()["errors"][0]["pointer"]) == (422, "/words")


async def test_words_that_came_in_meanwhile_must_be_read_before_closing(world: World) -> None:
    path = await held(world, world.amira)
    page_on_the_sencos_screen = (await world.senco.get(path)).headers["ETag"]
    assert (await contribute(world.therapist, path, by="therapist", medium="written")).status_code == 201
    blind = await world.senco.post(f"{path}/close", decision(), If_Match=page_on_the_sencos_screen)
    assert blind.status_code == 412
    assert (await world.senco.verb(path, "close", decision())).status_code == 200


async def test_two_who_change_the_same_review_do_not_lose_the_first_change(world: World) -> None:
    path = await due(world, world.amira)
    tag = (await world.base_lead.get(path)).headers["ETag"]
    assert (await world.base_lead.patch(path, {"place": "Classroom"}, If_Match=tag)).status_code == 200
    assert (await world.senco.patch(path, {"place": "Office"}, If_Match=tag)).status_code == 412
    assert (await world.senco.get(path)).json()["place"] == "Classroom"
    for verb, body in (
        ("schedule", {"scheduled_at": hour(2)}),
        ("hold", {"held_at": hour(-1), "attendees": [{"role": "pupil"}]}),
        ("close", decision()),
        ("cancel", None),
    ):
        assert (await world.senco.post(f"{path}/{verb}", body)).status_code == 428, verb


async def test_a_step_out_of_order_says_where_the_review_stands_and_what_can_be_done(world: World) -> None:
    path = await due(world, world.amira)
    early = await world.senco.verb(path, "close", decision())
    assert (early.status_code, early.json()["type"]) == (409, "/problems/review-state")
    assert early.json()["review_status"] == "due"
    assert early.json()["possible"] == ["change", "contribute", "agree_target", "schedule", "cancel"]
    attendance = {"held_at": hour(-1), "attendees": [{"role": "pupil"}]}
    assert (await world.base_lead.verb(path, "hold", attendance)).status_code == 409
    assert (await world.base_lead.post(f"{path}/addenda", {"words": "Too soon."})).status_code == 409
    assert (await world.base_lead.verb(path, "cancel")).json()["status"] == "cancelled"
    late = await world.base_lead.verb(path, "schedule", {"scheduled_at": hour(2)})
    assert (late.status_code, late.json()["review_status"], late.json()["possible"]) == (409, "cancelled", [])
    assert (await contribute(world.teaching_assistant, path)).status_code == 409

    again = await held(world, world.ben)
    assert (await world.base_lead.verb(again, "cancel")).json()["possible"] == [
        "change", "contribute", "agree_target", "rate_target", "hold", "close",
    ]  # fmt: skip


async def test_who_was_there_can_be_corrected_until_the_review_is_closed(world: World) -> None:
    path = await held(world, world.amira)
    body = {"held_at": hour(-1), "attendees": [{"role": "pupil"}, {"role": "parent_carer"}]}
    corrected = await world.base_lead.verb(path, "hold", body)
    assert (corrected.status_code, corrected.json()["parent_present"]) == (200, True)
    unborn = await world.base_lead.verb(path, "hold", {"held_at": hour(1), "attendees": [{"role": "pupil"}]})
    assert (unborn.status_code, unborn.json()["errors"][0]["pointer"]) == (422, "/held_at")
    stranger = {"held_at": hour(-1), "attendees": [{"role": "pupil"}, {"role": "other", "staff_id": str(world.north)}]}
    refused = await world.base_lead.verb(path, "hold", stranger)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/attendees/1/staff_id")


async def test_a_decision_needs_the_next_day_unless_the_child_leaves(world: World) -> None:
    path = await held(world, world.amira)
    without = await world.senco.verb(path, "close", decision(next_due_on=None))
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (422, "/next_due_on")
    before = await world.senco.verb(path, "close", decision(next_due_on=day(-3)))
    assert (before.status_code, before.json()["errors"][0]["pointer"]) == (422, "/next_due_on")
    leaving = await world.senco.verb(path, "close", decision(decision="exit", next_due_on=None))
    assert (leaving.status_code, leaving.json()["next_due_on"]) == (200, None)


async def test_what_is_due_or_late_is_listed(world: World) -> None:
    late = await due(world, world.amira, due_on=day(-7))
    soon = await due(world, world.ben, due_on=day(7))
    far = await due(world, world.cara, due_on=day(60))
    cancelled = await due(world, world.dev, due_on=day(-7))
    await world.base_lead.verb(cancelled, "cancel")
    met = await held(world, world.dev)

    listed = (await world.base_lead.get(f"/v1/reviews?due_before={day(14)}")).json()["items"]
    assert [(one["id"], one["late"], one["due_on"]) for one in listed] == [
        (late.rsplit("/", 1)[-1], True, day(-7)),
        (soon.rsplit("/", 1)[-1], False, day(7)),
    ]
    before_today = (await world.base_lead.get(f"/v1/reviews?due_before={day(-7)}")).json()["items"]
    assert before_today == []
    of_ben = (await world.base_lead.get(f"/v1/reviews?pupil_id={world.ben}")).json()["items"]
    assert [one["id"] for one in of_ben] == [soon.rsplit("/", 1)[-1]]
    were_held = (await world.base_lead.get("/v1/reviews?status=held")).json()["items"]
    assert [one["id"] for one in were_held] == [met.rsplit("/", 1)[-1]]
    assert (await world.base_lead.get(far)).json()["late"] is False
    assert (await world.base_lead.get(cancelled)).json()["late"] is False
    assert (await world.base_lead.get(f"/v1/reviews?pupil_id={world.southerner}")).status_code == 404


async def test_targets_are_rated_at_the_review_or_after_it(world: World) -> None:
    path = await due(world, world.amira, scheduled_at=hour(-1))
    first = (await agree(world.base_lead, path, weight=2)).headers["Location"]
    second = (await agree(world.base_lead, path, text="Walks to lunch with one friend.")).headers["Location"]
    third = (await agree(world.base_lead, path, text="Was put in twice.", weight=5)).headers["Location"]
    too_soon = await world.base_lead.verb(first, "rate", {"level": 1})
    assert (too_soon.status_code, too_soon.json()["review_status"]) == (409, "scheduled")
    await world.base_lead.verb(path, "hold", {"held_at": hour(-1), "attendees": [{"role": "pupil"}]})
    assert (await world.base_lead.verb(first, "rate", {"level": 3})).status_code == 422
    rated = await world.base_lead.verb(first, "rate", {"level": 1, "note": "Nine of ten."})
    assert (rated.status_code, rated.json()["level"], rated.json()["level_note"]) == (200, 1, "Nine of ten.")
    assert (await world.base_lead.verb(third, "rate", {"level": -2})).status_code == 200
    assert (await world.base_lead.verb(third, "withdraw")).status_code == 200
    assert (await world.base_lead.change(third, {"weight": 1})).status_code == 409
    assert (await world.senco.get(path)).json()["gas_t_score"] == 60.0
    assert (await world.senco.verb(path, "close", decision())).status_code == 200
    # weeks later, with weights 2 and 1: 50 + 10 * (2 - 1) / sqrt(6.2)
    assert (await world.base_lead.verb(second, "rate", {"level": -1})).status_code == 200
    assert (await world.senco.get(path)).json()["gas_t_score"] == 54.02


async def test_a_review_put_under_an_id_of_the_clients_own_is_made_once(world: World) -> None:
    path = f"/v1/reviews/{await _fresh_id(world)}"
    body = {"pupil_id": str(world.amira), "kind": "early", "due_on": day(1)}
    assert (await world.base_lead.put(path, body)).status_code == 201
    assert (await world.base_lead.put(path, body)).status_code == 200
    other = await world.base_lead.put(path, {**body, "kind": "termly"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/id-taken")


async def _fresh_id(world: World) -> str:
    return str(world.amira)[:-12] + "00000000abcd"


async def test_a_key_spent_on_one_reviews_addendum_shows_nothing_of_it_beside_another(world: World) -> None:
    first, second = await closed(world, world.amira), await closed(world, world.ben)
    body = {"words": "The parents agree."}
    made = await world.senco.post(f"{first}/addenda", body, Idempotency_Key="k-1")
    assert made.status_code == 201
    assert (await world.senco.post(f"{first}/addenda", body, Idempotency_Key="k-1")).status_code == 200
    assert (await world.senco.post(f"{second}/addenda", body, Idempotency_Key="k-1")).status_code == 422
    addendum_id = made.json()["id"]
    assert (await world.senco.get(f"{second}/addenda/{addendum_id}")).status_code == 404
