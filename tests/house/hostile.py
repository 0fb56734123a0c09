"""The hostile values of reliability.md 7.2: as JSON texts, query values, path parts and whole bodies."""

import json
from typing import Any
from zlib import crc32

from tests.conftest import FULL

MARK = "zqx9"  # stands in every text below, so that an echo of it is seen

# never right, whatever the member: each of these broke a plain application
NEVER: dict[str, str] = {
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "too large a number": "1e999",
    "10^30": "1" + "0" * 30,
    "NUL in a text": rf'"{MARK}\u0000"',
    "a lone surrogate": rf'"{MARK}\ud800"',
    "a lone low surrogate": rf'"\udfff{MARK}"',
    "NUL as a name": rf'{{"{MARK}\u0000": 1}}',
    "a member twice": f'{{"{MARK}": 1, "{MARK}": 2}}',
    "a deep nest": "[" * 200 + "]" * 200,
}
# right for some members, wrong for most; what is accepted must be kept without harm
SOMETIMES: dict[str, str] = {
    "2^31": "2147483648",
    "2^63": "9223372036854775808",
    "below zero": "-1",
    "a fraction": "1.5",
    "1.0": "1.0",
    "true": "true",
    "null": "null",
    "an empty text": '""',
    "blanks": '"   "',
    "1 as a text": '"1"',
    "a list": f'["{MARK}"]',
    "an object": f'{{"{MARK} Okafor": {{}}}}',
    "a list in a list": "[[[]]]",
    "100 kB": json.dumps(MARK + "x" * 100_000),
    "SQL": json.dumps(f"{MARK}'; DROP TABLE pupils; --"),
    "SQL wildcards": json.dumps(f"%_{MARK}\\"),
    "HTML": json.dumps(f"<script>{MARK}</script>"),
    "a template": json.dumps(f"{{{{7*7}}}}${{7*7}}{MARK}"),
    "a format": json.dumps(f"%s%n{{0.__class__}}{MARK}"),
    "a file": json.dumps(f"../../etc/{MARK}"),
    "right to left": json.dumps(f"\u202e{MARK}"),
    "an escape": json.dumps(f"\u001b[31m{MARK}"),
    "a byte order mark": json.dumps(f"\ufeff{MARK}"),
    "emoji": json.dumps(f"{MARK} \U0001f9f8 \U0001f469\U0001f3fd\u200d\U0001f3eb", ensure_ascii=False),
    "combining": json.dumps(f"{MARK} e\u0301\u0302", ensure_ascii=False),
    "an instant beyond time": '"9999-12-31T23:59:59-14:00"',
    "an instant before time": '"0001-01-01T00:00:00+14:00"',
    "an instant without offset": '"2026-11-24T10:00:00"',
    "a leap second": '"2026-12-31T23:59:60Z"',
    "the 30th of February": '"2026-02-30"',
    "the year 1": '"0001-01-01"',
    "the last day": '"9999-12-31"',
    "seconds since 1970": "1764000000",
    "seconds as a text": '"1764000000"',
    "an id in capitals": '"01939F5E-7C1A-7B3E-9D53-2F6A1C0B4E8D"',
    "an id in braces": '"{01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d}"',
    "an id as a URN": '"urn:uuid:01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d"',
    "an id of nobody": '"01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d"',
}
QUERIES = {
    "-1", "0", "201", "99999999999999999999", "1_0", "%2B1", "1.0", "1e2", "%201", "%00", "%ED%A0%80", "%FF", "NaN",
    "", "true", "null", f"{MARK}%27%3B--", "0001-01-01", "9999-12-31T23:59:59-14:00", "2026-11-24T10:00:00",
    "9223372036854775808", f"{MARK}" + "x" * 3000, "%D9%A1%D9%A2", "[]", "01939F5E-7C1A-7B3E-9D53-2F6A1C0B4E8D",
}  # fmt: skip
PATHS = {
    "1", "-1", "0", "9223372036854775808", "9" * 400, "1.0", "+1", "1_0", "..%2f", "..%2f..%2fpupils", "%2e%2e",
    "%00", "%ED%A0%80", "%FF", "null", "undefined", f"%3Cscript%3E{MARK}", f"{MARK}%27%3B--", "%E2%80%AE", "*",
    "01939F5E-7C1A-7B3E-9D53-2F6A1C0B4E8D", "01939f5e7c1a7b3e9d532f6a1c0b4e8d", "%7B01939f5e%7D", "%0d%0aX-Evil:1",
}  # fmt: skip
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b"  \n",
    "null": b"null",
    "a list": b"[]",
    "a list of objects": b"[{}]",
    "a text": f'"{MARK}"'.encode(),
    "a number": b"1",
    "true": b"true",
    "half a document": f'{{"{MARK}": '.encode(),
    "two documents": b"{}{}",
    "a comma too many": b'{"a": 1,}',
    "a comment": b"{} // x",
    "single quotes": b"{'a': 1}",
    "NaN alone": b"NaN",
    "a member twice": f'{{"{MARK}": 1, "{MARK}": 1}}'.encode(),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "UTF-16 without mark": '{"a": 1}'.encode("utf-16-le"),
    "UTF-32": "{}".encode("utf-32"),
    "Latin-1": '{"a": "é"}'.encode("latin-1"),
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "an overlong slash": b'{"a": "\xc0\xaf"}',
    "a surrogate as bytes": b'{"a": "\xed\xa0\x80"}',
    "a NUL byte": b'{"a": "\x00"}',
    "a line break in a text": b'{"a": "\n"}',
    "a deep list": b"[" * 100_000,
    "a deep object": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "a form": b"a=1&b=2",
    "XML": b"<a/>",
    "an unknown member": b'{"surname": 1}',
    "a child's name as a member": f'{{"{MARK} Okafor": 1}}'.encode(),
    "a long name of a member": f'{{"{MARK * 500}": 1}}'.encode(),
    "a prototype": b'{"__proto__": {"admin": true}}',
    "more than is taken": b'{"a": "' + b"x" * 3_000_000 + b'"}',
}
MEDIA = ("text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded", "", "json", MARK,
         "application/json, application/json", "text/json; charset=utf-16")  # fmt: skip


def every(of: dict[str, Any] | set[str], *where: str, one_in: int, share: int = 1) -> list[tuple[str, bool]]:
    """Those that are asked of SQLite here, and whether each goes to PostgreSQL too.

    Under IAP_TEST_FULL all are and do. Else one of `share` is asked, and of these every `one_in`-th of PostgreSQL: the
    same ones in every run and others elsewhere, so that among a hundred operations each value comes up often.
    """
    numbers = {name: crc32("|".join((*where, name)).encode()) for name in sorted(of)}
    return [(name, FULL or n // share % one_in == 0) for name, n in numbers.items() if FULL or n % share == 0]


def with_raw(body: dict[str, Any], member: str, raw: str) -> bytes:
    """The body as JSON with `raw` in place of one member, for what no JSON writer would write."""
    rest = {name: value for name, value in body.items() if name != member}
    start = json.dumps(rest)[:-1]
    return f"{start}{', ' if rest else ''}{json.dumps(member)}: {raw}}}".encode("utf-8", "surrogatepass")


def members(schema: dict[str, Any], document: dict[str, Any]) -> list[str]:
    """The names of the members that a body may have."""
    if "$ref" in schema:
        return members(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]], document)
    return sorted(schema.get("properties", {}))
