"""Invitations as the staff of a base send them: whom to, for how long, shown a code once, withdrawn and renewed."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from iap_api.access.ledger import pupils_of
from iap_api.access.tables import Account
from tests.access.administration import events, pointers
from tests.core.recorded import entries_of
from tests.reviews.inviting import after, alter, invite, mum, opened, redeem
from tests.reviews.meetings import closed, day, due
from tests.world import World


async def test_the_senco_invites_amiras_mother_and_reads_what_she_wrote(world: World) -> None:
    path = await due(world, world.amira)
    made = await world.senco.post(f"{path}/invitations", mum())
    assert made.status_code == 201, made.text
    invitation = made.json()
    assert len(invitation["code"]) >= 22, "128 bits need 22 characters"
    assert (invitation["status"], invitation["shared"], invitation["opened_at"]) == ("open", [], None)
    assert invitation["invited_by"] == str(world.senco.account.id)
    assert await events(world, invitation["id"]) == ["created"]
    assert [pupils_of(one.pupil_ids) for one in await entries_of(world, world.senco)] == [[world.amira]]

    mother = await opened(world, invitation["code"])
    given = await mother.post("/v1/invitation/contribution", {"words": "She tells us about the blue room."})
    assert given.status_code == 201, given.text

    address = made.headers["Location"]
    used = (await world.senco.get(address)).json()
    assert "code" not in used
    assert (used["status"], used["contribution_id"]) == ("used", given.json()["id"])
    assert used["opened_at"] <= used["used_at"]
    review = (await world.senco.get(path)).json()
    assert [(one["by"], one["words"], one["invitation_id"]) for one in review["contributions"]] == [
        ("parent_voice", "She tells us about the blue room.", invitation["id"])
    ]
    heard = (await world.senco.get(f"/v1/contributions/{given.json()['id']}")).json()
    assert heard == review["contributions"][0]
    assert (await world.senco.get(f"{path}/invitations")).json()["items"] == [used]
    assert await events(world, invitation["id"]) == [
        "created", "invitation.opened", "invitation.used", "read",
    ]  # fmt: skip


async def test_a_repetition_shows_the_invitation_and_not_its_code(world: World) -> None:
    path, sent = f"{await due(world, world.amira)}/invitations", mum()
    first, again = [await world.senco.post(path, sent, Idempotency_Key="one-tap-too-many") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "code": None}
    elsewhere = f"{await due(world, world.ben)}/invitations"
    other = await world.senco.post(elsewhere, sent, Idempotency_Key="one-tap-too-many")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")


async def test_one_guest_has_one_open_invitation_to_a_review(world: World) -> None:
    path = await due(world, world.amira)
    answers = await asyncio.gather(*(world.senco.post(f"{path}/invitations", mum()) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    shouted = await world.base_lead.post(f"{path}/invitations", mum(name="MUM"))
    assert (shouted.status_code, shouted.json()["type"]) == (409, "/problems/invitation-open")
    assert (await world.senco.post(f"{path}/invitations", mum(name="Dad"))).status_code == 201
    assert (await world.senco.post(f"{await due(world, world.amira)}/invitations", mum())).status_code == 201
    # once she was heard, or no longer is to be, she may be asked again
    (hers,) = [one.json() for one in answers if one.status_code == 201]
    assert (await world.senco.verb(f"/v1/invitations/{hers['id']}", "withdraw")).status_code == 200
    again = await invite(world.senco, path)
    mother = await opened(world, again["code"])
    assert (await mother.post("/v1/invitation/contribution", {"words": "Yes."})).status_code == 201
    await invite(world.senco, path)


async def test_a_withdrawn_invitation_is_dead_at_the_next_request(world: World) -> None:
    invitation = await invite(world.senco, await due(world, world.amira))
    mother, address = await opened(world, invitation["code"]), f"/v1/invitations/{invitation['id']}"
    assert (await mother.get("/v1/invitation")).status_code == 200
    assert (await world.senco.post(f"{address}/withdraw")).status_code == 428
    withdrawn = await world.base_lead.verb(address, "withdraw")
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "withdrawn")
    for answer in (
        await mother.get("/v1/invitation"),
        await mother.post("/v1/invitation/contribution", {"words": "Too late."}),
        await mother.get("/v1/me"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/sign-in-needed")
    assert (await redeem(world.client, invitation["code"])).status_code == 400
    for verb, body in (("withdraw", None), ("renew", {"expires_at": after(days=5)})):
        over = await world.senco.verb(address, verb, body)
        assert (over.status_code, over.json()["type"]) == (409, "/problems/invitation-over")
    assert "ended" in await events(world, invitation["id"])


async def test_a_renewed_invitation_has_a_new_code_and_the_old_one_and_its_tokens_are_dead(world: World) -> None:
    invitation = await invite(world.senco, await due(world, world.amira))
    found_phone, address = await opened(world, invitation["code"]), f"/v1/invitations/{invitation['id']}"
    renewed = await world.senco.verb(address, "renew", {"expires_at": after(days=3)})
    assert renewed.status_code == 200, renewed.text
    assert renewed.json()["code"] != invitation["code"]
    assert renewed.json()["version"] == invitation["version"] + 1
    assert (await found_phone.get("/v1/invitation")).status_code == 401
    assert (await redeem(world.client, invitation["code"])).status_code == 400
    mother = await opened(world, renewed.json()["code"])
    assert (await mother.get("/v1/invitation")).status_code == 200
    assert "invitation.renewed" in await events(world, invitation["id"])
    # one that has run out is brought to life, and with the same end it is renewed all the same
    await alter(world, invitation["id"], expires_at=datetime.now(UTC))
    assert (await world.senco.get(address)).json()["status"] == "expired"
    end = {"expires_at": after(days=4)}
    again = [await world.senco.verb(address, "renew", end) for _ in range(2)]
    assert len({one.json()["code"] for one in again}) == 2
    assert (await world.senco.get(address)).json()["status"] == "open"


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"role": "pupil"}, "/name"),
        ({"role": "pupil", "name": None, "adult_beside_id": "governor"}, "/adult_beside_id"),
        ({"role": "pupil", "name": None, "adult_beside_id": "south_senco"}, "/adult_beside_id"),
        ({"adult_beside_id": "teaching_assistant"}, "/adult_beside_id"),
        ({"shared": ["targets", "targets"]}, "/shared"),
        ({"shared": ["contributions"]}, "/shared/0"),
        ({"role": "teaching_assistant"}, "/role"),
    ],
    ids=str,
)
async def test_what_makes_no_sense_is_refused(world: World, more: dict[str, Any], pointer: str) -> None:
    if more.get("adult_beside_id"):
        world.works_at("south_senco", world.south)
        await world.save()
        more = {**more, "adult_beside_id": str(world.people[more["adult_beside_id"]].account.id)}
    answer = await world.senco.post(f"{await due(world, world.amira)}/invitations", mum(**more))
    assert (answer.status_code, pointers(answer)) == (422, [pointer])


async def test_an_invitation_lasts_sixty_days_at_most_and_ends_in_the_time_to_come(world: World) -> None:
    path = await due(world, world.amira)
    invitation = await invite(world.senco, path, expires_at=after(days=59))
    for period in ({"days": 61}, {"minutes": -1}):
        end = {"expires_at": after(**period)}
        made = await world.senco.post(f"{path}/invitations", mum(name="Dad", **end))
        renewed = await world.senco.verb(f"/v1/invitations/{invitation['id']}", "renew", end)
        for answer in (made, renewed):
            assert (answer.status_code, pointers(answer)) == (422, ["/expires_at"])


async def test_the_adult_beside_a_child_is_one_who_works_there_now(world: World) -> None:
    path, beside = f"{await due(world, world.amira)}/invitations", world.second_assistant.account.id
    sent = {"role": "pupil", "adult_beside_id": str(beside), "expires_at": after(days=2)}
    async with world.app.state.database.transaction() as session:
        (await session.get_one(Account, beside)).disabled_at = datetime.now(UTC)
    left = await world.senco.post(path, sent)
    assert (left.status_code, pointers(left)) == (422, ["/adult_beside_id"])
    async with world.app.state.database.transaction() as session:
        (await session.get_one(Account, beside)).disabled_at = None
    assert (await world.senco.post(path, sent)).status_code == 201


async def test_an_invitation_goes_to_a_contact_of_that_child(world: World) -> None:
    path, contact = await due(world, world.amira), {"name": "Ada Okafor", "relationship": "CAR", "priority": 1}
    hers = (await world.office.post(f"/v1/pupils/{world.amira}/contacts", contact)).json()["id"]
    bens = (await world.office.post(f"/v1/pupils/{world.ben}/contacts", contact)).json()["id"]
    invitation = await invite(world.senco, path, contact_id=hers)
    for more in ({"contact_id": bens}, {"contact_id": hers, "role": "outside_professional"}):
        answer = await world.senco.post(f"{path}/invitations", mum(**more))
        assert (answer.status_code, pointers(answer)) == (422, ["/contact_id"])
    twice = await world.senco.post(f"{path}/invitations", mum(contact_id=hers, name="Ms Okafor"))
    assert twice.status_code == 409
    # whoever may no longer speak for the child is shown nothing from that day on
    mother = await opened(world, invitation["code"])
    ended = await world.office.verb(f"/v1/contacts/{hers}", "end", {"ended_on": day(0)})
    assert ended.status_code == 200, ended.text
    assert (await mother.get("/v1/invitation")).status_code == 401
    assert (await mother.post("/v1/invitation/contribution", {"words": "But."})).status_code == 401
    gone = await world.senco.post(f"{await due(world, world.amira)}/invitations", mum(contact_id=hers))
    assert pointers(gone) == ["/contact_id"]


async def test_nobody_is_invited_to_a_review_that_is_over_or_out_of_reach(world: World) -> None:
    over = await world.senco.post(f"{await closed(world, world.amira)}/invitations", mum())
    assert (over.status_code, over.json()["type"]) == (409, "/problems/review-state")
    path = await due(world, world.amira)
    assert (await world.south_senco.post(f"{path}/invitations", mum())).status_code == 404
    assert (await world.headteacher.post(f"{path}/invitations", mum())).status_code == 403
    assert (await world.headteacher.get(f"{path}/invitations")).status_code == 200
    assert (await world.south_senco.get(f"{path}/invitations")).status_code == 404
