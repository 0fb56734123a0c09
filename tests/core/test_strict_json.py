"""JSON that other parsers let through is refused before it is read, quickly and without a word of it."""

import json
import time
from contextlib import suppress

import pytest

from iap_api.core.strict_json import loads
from tests.world import World

# what is sent, and the word of the sentence it is refused with
REFUSED = [
    (b"", "valid"),
    (b"{", "valid"),
    (b"{'a': 1}", "valid"),
    (b'{"a": 1,}', "valid"),
    (b'{"a": 1} {"a": 2}', "valid"),
    (b'{"a": 01}', "valid"),
    (b'{"a": .5}', "valid"),
    (b'{"a": +1}', "valid"),
    (b'{"a": 0x1F}', "valid"),
    (b'{"name": "Amira\nOkafor"}', "valid"),
    (b'{"name": "Amira\x00"}', "valid"),
    (b'{"name": "\\x41"}', "valid"),
    (b'{"name": "Amira', "valid"),
    (b'{"name": "Amira", "name": "Ben"}', "twice"),
    (b'{"outer": {"a": 1, "a": 1}}', "twice"),
    (b'{"a": 1, "\\u0061": 2}', "twice"),
    (b'{"a": NaN}', "NaN"),
    (b'{"a": Infinity}', "NaN"),
    (b'{"a": -Infinity}', "NaN"),
    (b'{"a": 1e999}', "large"),
    (b'{"a": -1e999}', "large"),
    (b'{"a": 9223372036854775808}', "large"),
    (b'{"a": -9223372036854775809}', "large"),
    (b'{"a": ' + b"9" * 5000 + b"}", "large"),
    (b'{"name": "\\ud800"}', "character"),
    (b'{"name": "\\udc00\\ud800"}', "character"),
    (b'{"\\ud800": 1}', "character"),
    (b'{"name": "Ami\\u0000ra"}', "character"),
    (b'{"a": [{"\\u0000": 1}]}', "character"),
    (b'\xef\xbb\xbf{"a": 1}', "byte order mark"),
    ('{"a": 1}'.encode("utf-16"), "byte order mark"),
    ('{"a": 1}'.encode("utf-16-le"), "valid"),
    ('{"a": 1}'.encode("utf-32-be"), "valid"),
    (b'{"name": "Zo\xeb"}', "UTF-8"),
    (b'{"name": "\xc0\xaf"}', "UTF-8"),
    (b'{"name": "\xed\xa0\x80"}', "UTF-8"),
    (b"[" * 25 + b"]" * 25, "deep"),
    (b"[" * 200_000, "deep"),
    (b'{"a":' * 50_000, "deep"),
    (b'"]]]]" [' + b"[" * 24, "deep"),
]


@pytest.mark.parametrize(("raw", "word"), REFUSED, ids=[str(raw[:24]) for raw, _ in REFUSED])
def test_a_document_that_is_not_strict_json_is_refused_with_a_sentence_about_it(raw: bytes, word: str) -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        loads(raw)
    assert word in caught.value.msg
    assert "Amira" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b'{"name": "Zo\xc3\xab O\'Hara-\\u00c9"}', {"name": "Zoë O'Hara-É"}),
        (b'["\\ud83d\\ude00"]', ["😀"]),
        (b'["\\\\u0000", "\\\\ud800"]', ["\\u0000", "\\ud800"]),
        (b'["[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "\\"]"]', ["[" * 32, '"]']),
        (b"[" * 4 + b"]" * 4, [[[[]]]]),
        (b"[" + b"[]," * 1000 + b"[]]", [[]] * 1001),
        (b" [1, -2, 1.5, 999999999999999999, true, null] ", [1, -2, 1.5, 999_999_999_999_999_999, True, None]),
        (b"null", None),
    ],
)
def test_a_strict_document_is_read_as_it_stands(raw: bytes, read: object) -> None:
    assert loads(raw) == read


def test_twenty_four_brackets_deep_is_deep_enough_and_still_read() -> None:
    assert json.dumps(loads(b"[" * 24 + b"]" * 24)) == "[" * 24 + "]" * 24


@pytest.mark.parametrize(
    "raw",
    [
        b'"' + b'\\"' * 125_000,
        b'"\\\n' * 80_000,
        b'["' + b"\\\\" * 120_000,
        b"[" * 250_000,
        b"]" * 250_000,
        b'{"a":"' + b"\\u00e9" * 40_000 + b'"}',
        b"9" * 250_000,
        b'["' + b'","' * 80_000,
    ],
    ids=["quotes without an end", "broken escapes", "backslashes", "opened", "closed", "escapes", "digits", "texts"],
)
def test_no_document_of_the_greatest_size_takes_half_a_second_of_the_processor(raw: bytes) -> None:
    started = time.process_time()
    with suppress(json.JSONDecodeError):
        loads(raw)
    assert time.process_time() - started < 0.5


async def test_the_office_sending_such_a_document_is_told_400_with_nothing_of_it(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.office.token}", "Content-Type": "application/json"}
    for raw, word in REFUSED:
        if not raw:
            continue
        answer = await world.client.post("/v1/pupils", content=raw, headers=headers)
        assert answer.status_code == 400, raw[:40]
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/malformed"
        assert word in answer.json()["detail"], raw[:40]
        assert "Amira" not in answer.text
