"""What a guest meets who follows the link: what the review is, what is shared, and one chance to be heard."""

import asyncio
from uuid import UUID

import pytest

from iap_api.access.tables import Guest
from iap_api.core.errors import Conflict
from tests.access.administration import events, pointers
from tests.core.recorded import entries_of, named_in
from tests.house.contract import OPERATIONS
from tests.reviews.inviting import invite, mum, opened
from tests.reviews.meetings import agree, closed, contribute, day, decision, due, held, hour
from tests.world import Person, World

OWN = "/v1/invitation"
GIVE = f"{OWN}/contribution"
SHOWN = {
    "id", "role", "purpose", "name", "by", "school_name", "base_name", "pupil_given_name", "invited_by", "adult_beside",
    "review_kind", "review_due_on", "scheduled_at", "place", "prompts", "expires_at", "possible", "given_at", "targets",
    "summary",
}  # fmt: skip


async def test_a_mother_on_her_phone_sees_what_it_is_about_and_says_it_once(world: World) -> None:
    at = hour(6)
    path = await due(world, world.amira, scheduled_at=at, place="The Bubble")
    invitation = await invite(world.senco, path)
    mother = await opened(world, invitation["code"])

    seen = (await mother.get(OWN)).json()
    assert set(seen) == SHOWN
    assert (seen["name"], seen["by"], seen["pupil_given_name"]) == ("Mum", "parent_voice", "Amira")
    assert (seen["school_name"], seen["base_name"]) == ("North Quay Primary", "The Bubble")
    assert (seen["invited_by"], seen["adult_beside"]) == ("senco", None)
    assert (seen["review_kind"], seen["review_due_on"]) == ("six_weekly", day(7))
    assert (seen["scheduled_at"], seen["place"]) == (at, "The Bubble")
    assert (seen["possible"], seen["given_at"], seen["targets"], seen["summary"]) == (True, None, None, None)
    assert len(seen["prompts"]) == 3
    assert "Okafor" not in (await mother.get(OWN)).text

    # the bus goes through a tunnel, and the phone sends it again
    sent = {"words": "She sleeps better."}
    first, again = [await mother.post(GIVE, sent, Idempotency_Key="phone-1") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert first.json() == again.json()
    given = first.json()
    assert (given["by"], given["medium"], given["words"]) == ("parent_voice", "written", "She sleeps better.")

    after = (await mother.get(OWN)).json()
    assert after["possible"] is False
    assert after["given_at"] is not None
    more = await mother.post(GIVE, {"words": "And she eats."})
    assert (more.status_code, more.json()["type"]) == (409, "/problems/invitation-used")
    heard = (await world.senco.get(path)).json()["contributions"]
    assert [one["words"] for one in heard] == ["She sleeps better."]


async def test_of_two_phones_at_once_one_is_heard(world: World) -> None:
    path = await due(world, world.amira)
    mother = await opened(world, (await invite(world.senco, path))["code"])
    answers = await asyncio.gather(*(mother.post(GIVE, {"words": f"Said {n}."}) for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {one.json()["type"] for one in answers if one.status_code == 409} == {"/problems/invitation-used"}
    assert len((await world.senco.get(path)).json()["contributions"]) == 1


async def test_a_child_speaks_on_a_tablet_with_an_adult_beside_them(world: World) -> None:
    path = await due(world, world.amira)
    own = await invite(world.teaching_assistant, path, role="pupil", name=None)
    assert own["adult_beside_id"] == str(world.teaching_assistant.account.id), (
        "whoever invites, unless another is named"
    )
    twice = {"role": "pupil", "expires_at": own["expires_at"]}
    assert (await world.senco.post(f"{path}/invitations", twice)).status_code == 409, "a review has one pupil"
    assert (await world.senco.verb(f"/v1/invitations/{own['id']}", "withdraw")).status_code == 200
    beside = str(world.class_teacher.account.id)
    invitation = await invite(world.senco, path, role="pupil", name=None, adult_beside_id=beside)

    amira = await opened(world, invitation["code"])
    seen = (await amira.get(OWN)).json()
    assert (seen["by"], seen["adult_beside"], seen["name"]) == ("pupil_voice", "class_teacher", None)
    drawn = await amira.post(GIVE, {"medium": "drawn", "words": "A house with a blue room."})
    assert drawn.status_code == 201, drawn.text
    (heard,) = (await world.senco.get(path)).json()["contributions"]
    assert (heard["by"], heard["medium"], heard["invitation_id"]) == ("pupil_voice", "drawn", invitation["id"])
    kept = (await world.senco.get(f"/v1/invitations/{invitation['id']}")).json()
    assert kept["adult_beside_id"] == beside
    # her words are hers: not even the adult beside her puts them better
    for who in (world.class_teacher, world.senco):
        changed = await who.change(f"/v1/contributions/{heard['id']}", {"words": "A nice house."})
        assert changed.status_code == 403


@pytest.mark.parametrize(("role", "beside"), [("pupil", None), ("parent_carer", "senco")])
async def test_the_database_keeps_no_child_without_an_adult_beside_and_no_other_guest_with_one(
    world: World, role: str, beside: str | None
) -> None:
    row = Guest(
        school_id=world.north, pupil_id=world.amira, role=role, for_whom=b"x", code_digest=role.encode(),
        adult_beside_id=world.people[beside].account.id if beside else None, invited_by=world.senco.account.id,
        expires_at=world.parent_carer.account.expires_at,
    )  # fmt: skip
    world.add(row)
    with pytest.raises(Conflict):
        await world.save()


async def test_an_educational_psychologist_gives_one_contribution_and_may_decline(world: World) -> None:
    path = await due(world, world.amira)
    invitation = await invite(world.base_lead, path, role="outside_professional", name="Dr Sorrel, EP")
    doctor = await opened(world, invitation["code"])
    nothing = await doctor.post(GIVE, {})
    assert (nothing.status_code, pointers(nothing)) == (422, ["/words"])
    both = await doctor.post(GIVE, {"medium": "declined", "words": "No."})
    assert (both.status_code, pointers(both)) == (422, ["/words"])
    long = await doctor.post(GIVE, {"words": "x" * 4001})
    assert (long.status_code, pointers(long)) == (422, ["/words"])
    claimed = await doctor.post(GIVE, {"words": "Yes.", "by": "senco"})
    assert (claimed.status_code, pointers(claimed)) == (422, ["/by"])
    # what was refused has not spent the invitation
    assert (await doctor.post(GIVE, {"medium": "declined"})).status_code == 201
    (heard,) = (await world.senco.get(path)).json()["contributions"]
    assert (heard["by"], heard["medium"], heard["words"]) == ("other", "declined", None)


async def test_targets_and_the_last_decision_are_shown_where_they_are_shared_and_nowhere_else(world: World) -> None:
    before = await held(world, world.amira)
    assert (await agree(world.base_lead, before, text="Lines up with her class.")).status_code == 201
    assert (await contribute(world.teaching_assistant, before, words="I hate lunch.")).status_code == 201
    done = await world.senco.verb(before, "close", decision())
    path = f"/v1/reviews/{done.json()['next_review_id']}"
    taken_back = await agree(world.base_lead, path, text="Never mind.")
    assert (await world.base_lead.verb(taken_back.headers["Location"], "withdraw")).status_code == 200
    assert (await agree(world.base_lead, path, text="Eats with her class.")).status_code == 201
    assert (await agree(world.base_lead, await due(world, world.ben), text="Ben's own.")).status_code == 201

    everything = await opened(world, (await invite(world.senco, path, shared=["targets", "summary"]))["code"])
    answer = await everything.get(OWN)
    seen = answer.json()
    assert [one["text"] for one in seen["targets"]] == ["Lines up with her class.", "Eats with her class."]
    assert set(seen["targets"][0]) == {"text", "measure", "due_on", "level"}
    assert set(seen["summary"]) == {"held_at", "decision", "decision_note"}
    assert (seen["summary"]["decision"], seen["summary"]["decision_note"]) == ("continue", "More time in class.")
    assert "lunch" not in answer.text

    targets = await opened(world, (await invite(world.senco, path, name="Dad", shared=["targets"]))["code"])
    assert (await targets.get(OWN)).json()["summary"] is None
    nothing = await opened(world, (await invite(world.senco, path, name="Gran"))["code"])
    seen = (await nothing.get(OWN)).json()
    assert (seen["targets"], seen["summary"]) == (None, None)

    # shared for the one thing: it is shown no longer once there is nothing more to say it for
    assert (await world.senco.verb(path, "cancel")).status_code == 200
    over = (await everything.get(OWN)).json()
    assert (over["possible"], over["targets"], over["summary"]) == (False, None, None)
    late = await everything.post(GIVE, {"words": "But."})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/review-state")


async def test_the_first_review_has_no_decision_before_it_to_share(world: World) -> None:
    path = await due(world, world.amira)
    mother = await opened(world, (await invite(world.senco, path, shared=["summary", "targets"]))["code"])
    seen = (await mother.get(OWN)).json()
    assert (seen["targets"], seen["summary"]) == ([], None)


async def test_what_a_guest_says_must_be_read_before_the_review_is_closed(world: World) -> None:
    path = await held(world, world.amira)
    mother = await opened(world, (await invite(world.senco, path))["code"])
    page_on_the_sencos_screen = (await world.senco.get(path)).headers["ETag"]
    assert (await mother.post(GIVE, {"words": "One thing more."})).status_code == 201
    blind = await world.senco.post(f"{path}/close", decision(), If_Match=page_on_the_sencos_screen)
    assert blind.status_code == 412


async def test_closing_and_a_guests_words_at_once_lose_nothing(world: World) -> None:
    path = await held(world, world.amira)
    mother = await opened(world, (await invite(world.senco, path))["code"])
    tag = (await world.senco.get(path)).headers["ETag"]
    said, done = await asyncio.gather(
        mother.post(GIVE, {"words": "In time?"}), world.senco.post(f"{path}/close", decision(), If_Match=tag)
    )
    assert (said.status_code, done.status_code) in {(201, 412), (409, 200)}
    heard = len((await world.senco.get(path)).json()["contributions"])
    assert heard == (said.status_code == 201)


async def test_asking_again_taking_back_and_answering_at_once_come_one_after_the_other(world: World) -> None:
    for _ in range(5):
        path = await due(world, world.amira)
        invitation = await invite(world.senco, path)
        mother, address = await opened(world, invitation["code"]), f"/v1/invitations/{invitation['id']}"
        tag = (await world.senco.get(address)).headers["ETag"]
        given, asked, taken = await asyncio.gather(
            mother.post(GIVE, {"words": "Yes."}),
            world.base_lead.post(f"{path}/invitations", mum()),
            world.senco.post(f"{address}/withdraw", If_Match=tag),
        )
        # no 503: nobody waits for one who waits for them
        assert (given.status_code, taken.status_code) in {(201, 412), (201, 409), (401, 200)}
        assert asked.status_code in (201, 409)
        assert len((await world.senco.get(path)).json()["contributions"]) == (given.status_code == 201)


async def test_a_child_who_has_left_the_school_is_shown_to_no_guest_of_it(world: World) -> None:
    mother = await opened(world, (await invite(world.senco, await due(world, world.amira)))["code"])
    assert (await mother.get(OWN)).status_code == 200
    left = {"ended_on": day(-1), "reason": "other"}
    assert (await world.office.verb(f"/v1/pupils/{world.amira}", "end", left)).status_code == 200
    assert (await mother.get(OWN)).status_code == 401
    assert (await mother.post(GIVE, {"words": "Still."})).status_code == 401


async def test_the_record_says_what_the_guest_saw_and_gave_about_whom(world: World) -> None:
    invitation = await invite(world.senco, await due(world, world.amira))
    mother = await opened(world, invitation["code"])
    guest = Person(world.client, mother.token, Guest(id=UUID(invitation["id"])))
    assert (await mother.get(OWN)).status_code == 200
    given = await mother.post(GIVE, {"words": "Yes."})
    again = await mother.post(GIVE, {"words": "Yes."})
    assert (given.status_code, again.status_code) == (201, 409)
    found = [(one.kind, one.resource, str(one.resource_id)) for one in await entries_of(world, guest)]
    mine = invitation["id"]
    assert found == [
        ("invitation.opened", "invitation", mine), ("read", "invitation", mine),
        ("created", "contribution", given.json()["id"]), ("invitation.used", "invitation", mine),
    ]  # fmt: skip
    assert all(named_in(one) == {world.amira} for one in await entries_of(world, guest))
    assert "Mum" not in repr([one.model_dump() for one in await entries_of(world, guest)])


async def test_a_guest_may_nothing_else_even_about_the_same_child(world: World) -> None:
    """The sweep of the house asks for everything; this is the list as somebody reads it."""
    path = await closed(world, world.amira)
    mother = await opened(world, (await invite(world.senco, await due(world, world.amira)))["code"])
    for address in (f"/v1/pupils/{world.amira}", path, f"{path}/addenda", "/v1/reviews", "/v1/contributions",
                    "/v1/targets", "/v1/staff", "/v1/schools", f"/v1/pupils/{world.amira}/contacts"):  # fmt: skip
        assert (await mother.get(address)).status_code == 403, address
    open_to_guests = {"read_own_invitation", "give_contribution", "read_me", "sign_out"}
    asked = [
        one for one in OPERATIONS.values() if not one.public and one.id not in open_to_guests and not one.parameters
    ]
    assert len(asked) > 40
    for one in asked:
        assert (await mother.ask(one.method, one.path, {} if one.takes_body else None)).status_code == 403, one.id


async def test_a_guest_is_told_who_they_are_and_leaves_the_tablet_behind_signed_out(world: World) -> None:
    invitation = await invite(world.senco, await due(world, world.amira))
    mother = await opened(world, invitation["code"])
    me = (await mother.get("/v1/me")).json()
    assert (me["id"], me["kind"], me["username"]) == (invitation["id"], "guest", None)
    assert me["permissions"] == {"invitation_use": "own"}
    assert [held["role"] for held in me["roles"]] == ["parent_carer"]
    other_phone = await opened(world, invitation["code"])
    assert (await mother.post("/v1/auth/sign-out")).status_code == 204
    assert (await mother.get(OWN)).status_code == (await other_phone.get(OWN)).status_code == 401
    # nothing was given yet, so the link opens it again
    assert (await (await opened(world, invitation["code"])).get(OWN)).status_code == 200
    assert "invitation.closed" in await events(world, invitation["id"])


async def test_somebody_with_an_account_has_no_invitation_of_their_own(world: World) -> None:
    assert (await world.senco.get(OWN)).status_code == 403
    assert (await world.senco.post(GIVE, {"words": "Hello."})).status_code == 403
