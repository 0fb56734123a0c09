"""What somebody with the whole database in hand gets of a therapy note: nothing, and a bad seal never opens."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import make_url

from iap_api.core.sealing import SealingKeys, new_key
from tests.core.fresh import by_hand, own_world, settings_with
from tests.core.served import served
from tests.core.test_log import ask
from tests.pupils.therapy import CANARY, NOTES, colleague, note, text_at, written
from tests.world import World

OPEN = "Tern-0b1e-an-ordinary-note"
UNREADABLE = (503, "/problems/note-unreadable")
MISSING = (503, "/problems/note-key-missing")


@pytest_asyncio.fixture
async def apart(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[World, str]]:
    """A world in a database of its own, and its URL: for whoever goes past the application."""
    async with own_world(database_url, tmp_path) as found:
        yield found


async def whole_database(url: str) -> bytes:
    """Everything in it: the file and its journal, or what a dump of every table would hold."""
    if url.startswith("sqlite"):
        file = make_url(url).database or ""
        return b"".join(one.read_bytes() for one in sorted(Path(file).parent.glob(f"{Path(file).name}*")))
    tables = [row[0] for row in await by_hand(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    rows = [row[0] for table in tables for row in await by_hand(url, f'SELECT t::text FROM "{table}" t')]
    return "\n".join(rows).encode()


def spelt(words: str) -> list[bytes]:
    """The words as a database may hold them."""
    return [words.encode(), words.encode().hex().encode(), words.encode("utf-16-le")]


async def test_whoever_has_the_whole_database_finds_no_word_of_a_note(apart: tuple[World, str]) -> None:
    world, url = apart
    therapist, chosen = world.therapist, f"{NOTES}/01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d"
    await therapist.post("/v1/zone-check-ins", {"pupil_id": str(world.amira), "zones": ["blue"], "note": OPEN})
    address = await note(world)
    await therapist.put(chosen, written(world.amira, f"{CANARY} put"))
    await therapist.post(NOTES, written(world.amira, f"{CANARY} keyed"), Idempotency_Key="one")
    await therapist.change(address, {"text": f"{CANARY} once more"})
    await therapist.verb(address, "withdraw")
    await therapist.post(NOTES, written(world.amira, f"{CANARY} wrong", kind=CANARY))
    await therapist.get(f"{NOTES}?pupil_id={CANARY}")
    held = await whole_database(url)
    assert any(one in held for one in spelt(OPEN)), "the same search finds what is not sealed"
    for words in (CANARY, "Canary-7f3c", "harbour-is-cold"):
        assert not any(one in held for one in spelt(words)), words


async def test_the_text_that_a_correction_replaced_is_kept_and_sealed(apart: tuple[World, str]) -> None:
    world, url = apart
    address = await note(world)
    for text in ("Second.", "Third."):
        await world.therapist.change(address, {"text": text})
    ((number, texts),) = await by_hand(url, "SELECT max(corrections), count(*) FROM former_note_texts")
    assert (number, texts) == (1, 2)
    # put back as it was, the first text is the note again: nothing was lost
    await by_hand(url, "UPDATE therapy_notes SET corrections = 0, sealed ="
                       " (SELECT sealed FROM former_note_texts WHERE corrections = 0)")  # fmt: skip
    assert await text_at(world.therapist, address) == CANARY


async def _both(world: World, addresses: list[str], wanted: tuple[int, str]) -> None:
    for address in addresses:
        tag = f'"{1}.0"'
        for answer in (
            await world.therapist.get(address),
            await world.therapist.patch(address, {"text": "x"}, If_Match=tag),
            await world.therapist.post(f"{address}/withdraw", If_Match=tag),
        ):
            assert (answer.status_code, answer.json()["type"]) == wanted
            assert answer.headers["Retry-After"]
            assert CANARY not in answer.text


async def test_a_text_moved_to_another_note_does_not_open_there(apart: tuple[World, str]) -> None:
    world, url = apart
    first, second = await note(world), await note(world, "Another.")
    moved = "UPDATE therapy_notes SET sealed = (SELECT o.sealed FROM therapy_notes o WHERE o.id > therapy_notes.id)"
    await by_hand(url, f"{moved} WHERE id IN (SELECT id FROM therapy_notes ORDER BY id LIMIT 1)")
    await _both(world, [first], UNREADABLE)
    assert await text_at(world.therapist, second) == "Another."


async def test_a_note_given_to_another_author_opens_for_neither(apart: tuple[World, str]) -> None:
    world, url = apart
    address, other = await note(world), await colleague(world)
    mine, theirs = world.therapist.account.id, other.account.id
    await by_hand(url, _typed(url, f"UPDATE therapy_notes SET account_id = '{theirs}' WHERE account_id = '{mine}'"))
    stolen = await other.get(address)
    assert (stolen.status_code, stolen.json()["type"]) == UNREADABLE
    assert CANARY not in stolen.text
    assert (await world.therapist.get(address)).status_code == 404


def _typed(url: str, statement: str) -> str:
    # SQLite keeps an id as 32 hex digits
    return statement.replace("-", "") if url.startswith("sqlite") else statement


async def test_a_note_moved_to_another_child_does_not_open(apart: tuple[World, str]) -> None:
    world, url = apart
    world.caseload("therapist", world.ben, world.north, "therapy")
    await world.save()
    address = await note(world)
    await by_hand(url, _typed(url, f"UPDATE therapy_notes SET pupil_id = '{world.ben}'"))
    await _both(world, [address], UNREADABLE)


async def test_one_bit_changed_in_the_database_is_noticed(apart: tuple[World, str]) -> None:
    world, url = apart
    address = await note(world)
    ((sealed,),) = await by_hand(url, "SELECT sealed FROM therapy_notes")
    altered = bytes([*sealed[:20], sealed[20] ^ 1, *sealed[21:]]).hex()
    await by_hand(url, f"UPDATE therapy_notes SET sealed = {_bytes(url, altered)}")
    await _both(world, [address], UNREADABLE)
    await by_hand(url, f"UPDATE therapy_notes SET sealed = {_bytes(url, sealed.hex())}")
    assert await text_at(world.therapist, address) == CANARY


def _bytes(url: str, digits: str) -> str:
    return f"x'{digits}'" if url.startswith("sqlite") else f"decode('{digits}', 'hex')"


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [(new_key("test"), UNREADABLE), (new_key("other"), MISSING), ("", MISSING)],
    ids=["a wrong key of that name", "another key", "no key"],
)
async def test_without_the_right_key_nothing_opens_and_the_operator_is_told_what_to_set(
    apart: tuple[World, str], keys: str, wanted: tuple[int, str]
) -> None:
    world, _ = apart
    address = await note(world)
    world.app.state.note_keys = SealingKeys.parse(keys)
    await _both(world, [address], wanted)
    told = (await world.therapist.get(address)).json()["detail"]
    assert ("IAP_NOTE_KEYS" if wanted == MISSING else "iap-api doctor") in told


async def test_without_a_key_no_note_is_written_and_everything_else_goes_on(apart: tuple[World, str]) -> None:
    world, url = apart
    await note(world)
    world.app.state.note_keys = SealingKeys.parse("")
    answers = [
        await world.therapist.post(NOTES, written(world.amira)),
        await world.therapist.put(f"{NOTES}/01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d", written(world.amira)),
    ]
    assert {(one.status_code, one.json()["type"]) for one in answers} == {MISSING}
    assert "IAP_NOTE_KEYS" in answers[0].json()["detail"]
    assert (await by_hand(url, "SELECT count(*) FROM therapy_notes"))[0][0] == 1
    for path in (NOTES, "/v1/me", f"/v1/pupils/{world.amira}", "/v1/zone-check-ins"):
        assert (await world.therapist.get(path)).status_code == 200
    assert (await world.therapist.get("/readyz")).status_code == 200


async def test_the_log_tells_of_a_bad_seal_by_ids_and_of_no_word(database_url: str, tmp_path: Path) -> None:
    async with own_world(database_url, tmp_path) as (world, url):
        address = await note(world)
        token = world.therapist.token
        settings = settings_with(url, tmp_path)
        keys = settings.note_keys.get_secret_value()
        async with served(settings, tmp_path, note_keys=keys) as server:
            for body in (written(world.amira), written(world.amira, kind=CANARY), written(CANARY)):
                await ask(server, "POST", NOTES, token, body)
            await by_hand(url, "UPDATE therapy_notes SET corrections = 7")
            closed = await ask(server, "GET", address, token)
            assert closed.status == 503, closed.body
            said, events = server.log(), server.events()
        wrong = [one for one in events if one["event"] == "note_unreadable"]
        assert [(one["level"], one["note_id"], one["key_id"]) for one in wrong] == [
            ("error", address.rsplit("/", 1)[-1], "test")
        ]
        assert set(wrong[0]) == {"event", "level", "timestamp", "note_id", "key_id", "request_id"}
        assert CANARY not in said
        assert keys.partition(":")[2] not in said
