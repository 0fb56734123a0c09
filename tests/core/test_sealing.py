"""The seal: what one key closed only that key opens, in the place it was closed for; and keys that are no good."""

import base64
import secrets

import pytest

from iap_api.core.sealing import BrokenSeal, SealingKeys, UnfitKeys, UnknownKey, new_key

OLD, NEW = new_key("2025"), new_key("2026")
TEXT = "She drew the harbour again. Ó — 🌊"


def test_the_first_key_seals_and_every_key_opens() -> None:
    key_id, sealed = SealingKeys.parse(OLD).seal(TEXT, b"here")
    both = SealingKeys.parse(f"{NEW}, {OLD}")
    assert (key_id, both.first) == ("2025", "2026")
    assert both.open(key_id, sealed, b"here") == TEXT
    assert both.seal(TEXT, b"here")[0] == "2026"
    assert TEXT.encode() not in sealed


def test_the_same_text_is_never_sealed_alike_twice() -> None:
    keys = SealingKeys.parse(NEW)
    assert len({keys.seal(TEXT, b"here")[1] for _ in range(100)}) == 100


def test_a_text_that_was_moved_cut_or_altered_in_any_bit_does_not_open() -> None:
    keys = SealingKeys.parse(NEW)
    key_id, sealed = keys.seal("Harbour", b"here")
    forged = [(sealed, b"there")]
    forged += [(one, b"here") for one in (b"", sealed[:-1], sealed[:8], sealed + b"\0")]
    for bit in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[bit // 8] ^= 1 << bit % 8
        forged.append((bytes(altered), b"here"))
    for one, place in forged:
        with pytest.raises(BrokenSeal):
            keys.open(key_id, one, place)


def test_another_key_under_the_same_id_does_not_open_and_an_unknown_id_is_told_apart() -> None:
    key_id, sealed = SealingKeys.parse(NEW).seal(TEXT, b"here")
    with pytest.raises(BrokenSeal):
        SealingKeys.parse(new_key("2026")).open(key_id, sealed, b"here")
    with pytest.raises(UnknownKey):
        SealingKeys.parse(OLD).open(key_id, sealed, b"here")


def test_the_same_key_under_another_id_does_not_open() -> None:
    _, sealed = SealingKeys.parse(NEW).seal(TEXT, b"here")
    renamed = SealingKeys.parse(NEW.replace("2026", "2027"))
    with pytest.raises(BrokenSeal):
        renamed.open("2027", sealed, b"here")


def test_no_key_is_no_key() -> None:
    none = SealingKeys.parse(" \n")
    assert not none
    assert "2026" not in none
    with pytest.raises(UnknownKey):
        none.seal(TEXT, b"here")


@pytest.mark.parametrize(
    "given",
    [
        "hunter2", "2026", "2026:", "2026:aHVudGVyMg==", ":" + NEW.partition(":")[2], f"2026:{'A' * 43}=",
        f"2026:{base64.b64encode(secrets.token_bytes(31)).decode()}",
        f"2026:{base64.b64encode(b'hunter2x' * 4).decode()}",
        NEW + "=", NEW[:-1], NEW.replace(":", ": "), "A" + NEW, "-" + NEW, "x" * 33 + NEW, f"{NEW},{new_key('2026')}",
        f"{NEW},{NEW.replace('2026', 'again')}", f"{OLD};{NEW}",
    ],
    # keys are made anew in every process, and two processes must name the same tests
    ids=lambda _: "unfit",
)  # fmt: skip
def test_keys_that_are_no_good_are_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(UnfitKeys) as caught:
        SealingKeys.parse(given)
    assert "hunter2" not in str(caught.value)
    assert NEW.partition(":")[2] not in str(caught.value)
