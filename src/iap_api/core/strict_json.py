"""JSON as RFC 8259 and RFC 7493 (I-JSON) mean it: no duplicate members, no NaN, no lone surrogates, no deep nests."""

import json
import re
from typing import Any, NoReturn

MAX_DEPTH = 24
MAX_DIGITS = 18
_NO_CHARACTER = re.compile(r"[\ud800-\udfff\x00]")
# a text without its end runs to the end of the document, so that no place is looked at twice
_TEXT_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|(?P<opens>[\[{])|(?P<closes>[\]}])', re.DOTALL)


def _refuse(words: str) -> NoReturn:
    raise json.JSONDecodeError(words, "", 0)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("a member stands twice")
    return found


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        _refuse("a number is too large")
    return int(text)


def _fraction(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        _refuse("a number is too large")
    return value


def _constant(_text: str) -> NoReturn:
    _refuse("NaN and Infinity are not JSON")


_decoder = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_whole, parse_float=_fraction, parse_constant=_constant, strict=True
)


def _holds_no_character(value: Any) -> bool:
    if isinstance(value, str):
        return _NO_CHARACTER.search(value) is not None
    if isinstance(value, dict):
        return any(_holds_no_character(one) for pair in value.items() for one in pair)
    return isinstance(value, list) and any(_holds_no_character(one) for one in value)


def loads(raw: bytes) -> Any:
    """Return the document in `raw`; raises json.JSONDecodeError with a sentence that never repeats the input."""
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        _refuse("send UTF-8 without a byte order mark")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("send UTF-8")
    depth = 0
    for found in _TEXT_OR_BRACKET.finditer(text):
        depth += (found["opens"] is not None) - (found["closes"] is not None)
        if depth > MAX_DEPTH:
            _refuse("the document is nested too deeply")
    try:
        document = _decoder.decode(text)
    except json.JSONDecodeError as error:
        _refuse(error.msg if error.msg in _OWN else "it is not valid JSON")
    if "\\u" in text and _holds_no_character(document):
        _refuse("a text holds a character that is none")
    return document


_OWN = {"a member stands twice", "a number is too large", "NaN and Infinity are not JSON"}
