"""Therapy notes: written after a session with one free hand, corrected, found again, and read by nobody else."""

from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from iap_api.access.roles import Role
from iap_api.core.tables import new_id
from iap_api.pupils.tables import Caseload
from tests.pupils.children import day, entries, former
from tests.pupils.therapy import CANARY, NOTES, colleague, note, text_at, written
from tests.world import World

OTHERS = [role.value for role in Role if role is not Role.therapist]


async def test_with_one_free_hand_the_therapist_writes_down_a_session_corrects_it_and_finds_it_again(
    world: World,
) -> None:
    therapist, chosen = world.therapist, new_id()
    # dictated between two doors: the phone chooses the id, and sends again what the corridor swallowed
    sent = [await therapist.put(f"{NOTES}/{chosen}", written(world.amira, "He drew teh harbour.")) for _ in range(2)]
    assert [one.status_code for one in sent] == [201, 200]
    assert sent[0].json() == sent[1].json()
    made = sent[0].json()
    assert (made["session_on"], made["kind"], made["text"], made["corrections"]) == (
        day(0), "individual", "He drew teh harbour.", 0,
    )  # fmt: skip
    put_right = await therapist.change(f"{NOTES}/{chosen}", {"text": "He drew the harbour.", "session_on": day(-1)})
    assert put_right.status_code == 200, put_right.text
    before = await note(world, "Before the holidays.")
    listed = (await therapist.get(f"{NOTES}?pupil_id={world.amira}")).json()["items"]
    assert [f"{NOTES}/{one['id']}" for one in listed] == [f"{NOTES}/{chosen}", before]
    assert not any("text" in one for one in listed)
    assert (listed[0]["session_on"], listed[0]["corrections"]) == (day(-1), 1)
    assert await text_at(therapist, f"{NOTES}/{chosen}") == "He drew the harbour."
    assert put_right.headers["Cache-Control"] == "private, no-store"


async def test_the_ledger_says_who_wrote_corrected_and_read_about_whom_and_no_word_of_it(world: World) -> None:
    address = await note(world)
    await world.therapist.change(address, {"text": f"{CANARY} again"})
    told = await entries(world, world.north, "therapy_note")
    assert [(one.kind, one.fields) for one in told] == [("created", ""), ("read", ""), ("updated", "corrections")]
    assert {one.account_id for one in told} == {world.therapist.account.id}
    assert {one.pupil_ids for one in told} == {world.amira.bytes}
    assert await former(world, address.rsplit("/", 1)[-1]) == [{"corrections": 0}]


async def test_the_same_text_again_is_no_correction(world: World) -> None:
    address = await note(world)
    again = await world.therapist.change(address, {"text": CANARY})
    assert (again.json()["version"], again.json()["corrections"]) == (1, 0)


async def test_two_corrections_of_one_version_do_not_both_stand(world: World) -> None:
    address = await note(world)
    tag = (await world.therapist.get(address)).headers["ETag"]
    answers = [await world.therapist.patch(address, {"text": text}, If_Match=tag) for text in ("One.", "Two.")]
    assert [one.status_code for one in answers] == [200, 412]
    assert await text_at(world.therapist, address) == "One."


@pytest.mark.parametrize("role", OTHERS)
async def test_no_other_role_comes_near_a_note(world: World, role: str) -> None:
    address = await note(world)
    tag = (await world.therapist.get(address)).headers["ETag"]
    person = world.people[role]
    answers = [
        await person.get(NOTES), await person.get(address), await person.post(NOTES, written(world.amira)),
        await person.put(address, written(world.amira)), await person.patch(address, {"text": "x"}, If_Match=tag),
        await person.post(f"{address}/withdraw", If_Match=tag),
    ]  # fmt: skip
    assert {(one.status_code, one.json()["type"]) for one in answers} == {(403, "/problems/not-your-role")}


async def test_another_therapist_of_the_same_child_finds_nothing_and_cannot_tell_that_there_is_a_note(
    world: World,
) -> None:
    address, other = await note(world), await colleague(world)
    tag = (await world.therapist.get(address)).headers["ETag"]
    absent = f"{NOTES}/{new_id()}"

    async def tried(at: str) -> list[tuple[int, str]]:
        answers = [
            await other.get(at), await other.patch(at, {"text": "x"}, If_Match=tag),
            await other.post(f"{at}/withdraw", If_Match=tag),
        ]  # fmt: skip
        return [(one.status_code, one.json()["detail"]) for one in answers]

    assert await tried(address) == await tried(absent)
    assert {status for status, _ in await tried(address)} == {404}
    for query in ("", f"?pupil_id={world.amira}"):
        assert (await other.get(NOTES + query)).json()["items"] == []
    mine = await note(world, "My own.", by=other)
    assert await text_at(other, mine) == "My own."
    assert (await world.therapist.get(mine)).status_code == 404
    assert await text_at(world.therapist, address) == CANARY


async def test_an_id_that_is_taken_by_a_colleagues_note_says_no_more_than_that(world: World) -> None:
    address, other = await note(world), await colleague(world)
    refused = await other.put(address, written(world.amira, "x"))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/id-taken")
    assert CANARY not in refused.text


async def test_a_therapist_who_is_the_senco_too_reads_no_colleagues_note(world: World) -> None:
    address = await note(world)
    both = world.account("both", "senco", world.north)
    await world.save()
    tag = {"role": "therapist", "place_id": str(world.north)}
    granted = await world.administrator.post(f"/v1/accounts/{both.account.id}/roles", tag)
    assert granted.status_code == 201, granted.text
    assert (await both.get(address)).status_code == 404
    assert (await both.get(NOTES)).json()["items"] == []


async def _therapy(world: World, **values: object) -> None:
    mine = update(Caseload).where(
        col(Caseload.account_id) == world.therapist.account.id, col(Caseload.pupil_id) == world.amira
    )
    async with world.app.state.database.transaction() as session:
        await session.execute(mine.values(**values))


async def test_when_the_work_has_ended_the_notes_are_closed_to_their_author_too(world: World) -> None:
    address = await note(world)
    async with world.app.state.database.transaction(read_only=True) as session:
        named = select(col(Caseload.id)).where(
            col(Caseload.account_id) == world.therapist.account.id, col(Caseload.why) == "therapy"
        )
        entry = (await session.execute(named)).scalar_one()
    ended = await world.senco.verb(f"/v1/caseloads/{entry}", "end", {"until_on": day(-1)})
    assert ended.status_code == 200, ended.text
    assert (await world.therapist.get(address)).status_code == 404
    assert (await world.therapist.get(NOTES)).json()["items"] == []
    refused = await world.therapist.post(NOTES, written(world.amira, "x"))
    assert refused.status_code == 422
    # the SENCO opens the work again
    begun = {"account_id": str(world.therapist.account.id), "pupil_id": str(world.amira), "why": "therapy"}
    assert (await world.senco.post("/v1/caseloads", {**begun, "from_on": day(0)})).status_code == 201
    assert await text_at(world.therapist, address) == CANARY


@pytest.mark.parametrize("why", ["key_adult", "class_teacher", "reintegration", "granted"])
async def test_seeing_a_child_for_another_reason_is_no_therapy(world: World, why: str) -> None:
    address = await note(world)
    await _therapy(world, why=why)
    assert (await world.therapist.get(f"/v1/pupils/{world.amira}")).status_code == 200
    assert (await world.therapist.get(address)).status_code == 404
    assert (await world.therapist.post(NOTES, written(world.amira))).status_code == 422


async def test_a_child_who_is_not_in_therapy_here_is_refused_like_one_who_does_not_exist(world: World) -> None:
    await colleague(world)
    world.caseload("colleague", world.dev, world.north, "therapy")
    await world.save()
    answers = [await world.therapist.post(NOTES, written(who)) for who in (world.dev, world.southerner, UUID(int=7))]
    assert {one.status_code for one in answers} == {422}
    assert len({str(one.json()["errors"]) for one in answers}) == 1


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"text": ""}, "/text"), ({"text": "   "}, "/text"), ({"text": None}, "/text"), ({"text": 7}, "/text"),
        ({"text": "a" * 20_001}, "/text"), ({"text": f"{CANARY}\u202e"}, "/text"), ({"kind": CANARY}, "/kind"),
        ({"session_on": day(1)}, "/session_on"), ({"session_on": CANARY}, "/session_on"),
        ({"account_id": str(UUID(int=7))}, "/account_id"), ({"sealed": CANARY}, "/sealed"),
        ({"key_id": CANARY}, "/key_id"), ({"corrections": 3}, "/corrections"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_and_not_repeated(
    world: World, wrong: dict[str, object], pointer: str
) -> None:
    address = await note(world, "Right.")
    tag = (await world.therapist.get(address)).headers["ETag"]
    for refused in (
        await world.therapist.post(NOTES, {**written(world.amira, "Right."), **wrong}),
        await world.therapist.patch(address, wrong, If_Match=tag),
    ):
        assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [pointer])
        assert CANARY not in refused.text
    assert await text_at(world.therapist, address) == "Right."


async def test_a_note_about_the_wrong_child_is_withdrawn_and_stays_as_it_was(world: World) -> None:
    address = await note(world)
    gone = await world.therapist.verb(address, "withdraw")
    assert gone.status_code == 200
    assert gone.json()["withdrawn_at"]
    again = [await world.therapist.verb(address, "withdraw"), await world.therapist.change(address, {"text": "x"})]
    assert [one.status_code for one in again] == [409, 409]
    assert await text_at(world.therapist, address) == CANARY


async def test_a_pupil_is_not_exchanged_in_a_correction(world: World) -> None:
    address = await note(world)
    refused = await world.therapist.change(address, {"pupil_id": str(world.ben)})
    assert refused.status_code == 422
