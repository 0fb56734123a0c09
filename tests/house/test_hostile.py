"""Hostile values on every route, in every member, on both databases: refused alike, never a crash, never an echo."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from iap_api.access.roles import Role
from tests.house import hostile, new_things
from tests.house.asked import request, spots
from tests.house.contract import DOCUMENT, OPERATIONS, Operation
from tests.house.hostile import MARK, every
from tests.house.spots import Neighbourhood
from tests.house.twins import Twin
from tests.house.who_may import OPERATIONS as WHO_MAY
from tests.world import Person

Twins = tuple[Twin, Twin]
# the form of RFC 6749 has a test of its own below
JSON_BODIES = sorted(name for name, one in OPERATIONS.items() if one.takes_body and name != "sign_in")
GUARDED = sorted(set(WHO_MAY) | {"read_me"})
PROBLEM = "application/problem+json"


def _asker(near: Neighbourhood, name: str) -> Person:
    """Whoever reaches most, for hostile values should get as far as they can."""
    cells = {role: cell for role, cell in WHO_MAY.get(name, {}).items() if cell != "-"}
    widest = max(cells, key=lambda role: "obst".index(cells[role]), default=Role.senco)
    return near.world.people[widest.value]


def _media(operation: Operation) -> str:
    return "application/merge-patch+json" if operation.method == "PATCH" else "application/json"


def _url(address: str) -> httpx.URL:
    path, _, query = address.partition("?")
    return httpx.URL("http://iap.test").copy_with(raw_path=(path + ("?" + query if query else "")).encode())


async def _send(twin: Twin, name: str, address: str, content: bytes | None = None, **headers: str) -> httpx.Response:
    person = _asker(twin.near, name)
    named = {"Authorization": f"Bearer {person.token}".encode()}
    named |= {key.replace("_", "-"): one.encode() for key, one in headers.items()}
    return await twin.client.request(OPERATIONS[name].method, _url(address), content=content, headers=named)


def _harmless(answer: httpx.Response, what: str) -> None:
    assert answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == PROBLEM, what
        problem = answer.json()
        assert problem["status"] == answer.status_code, what
        problem.pop("instance")  # the path that was asked, percent-encoded
        assert MARK not in json.dumps(problem), f"{what}: echoed"
        assert "Traceback" not in answer.text, what


# a request that stands may not be asked again: both databases have to have heard the same ones before
ASKED_ONCE = {
    "create_registration_request", "put_registration_request", "give_contribution", "create_redaction",
    "create_booking", "put_booking", "create_series", "put_series", "create_group", "put_group", "change_group",
    "create_academic_year", "put_academic_year", "create_day_period", "put_day_period", "change_day_period",
    "create_class", "put_class", "change_class",
}  # fmt: skip

# a change that stands would alter what the others are answered: asked of one whom they do not meet
APART = {"end_pupil": "foreign", "change_space": "next_base"}

METHODS = {
    path: {one.method for one in OPERATIONS.values() if one.path == path}
    for path in {one.path for one in OPERATIONS.values()}
}
NO_TAG = '"999.000000000000"'
A_NUMBER = {"201", "1_0", "1.0", "%2B1", "%201", "%D9%A1%D9%A2"}


async def _sent(
    twins: Twins, what: str, send: Callable[[Twin], Awaitable[httpx.Response]], *, both: bool = True
) -> int:
    """Send to SQLite, and to PostgreSQL if `both`: the same status there."""
    answers, counted = [], new_things.counted()
    for twin in twins if both else twins[:1]:
        new_things.count_from(counted)  # the same free times and names for both
        answers.append(await send(twin))
    for answer in answers:
        _harmless(answer, what)
    statuses = {answer.status_code for answer in answers}
    assert len(statuses) == 1, f"{what}: {[answer.text[:300] for answer in answers]} on SQLite and PostgreSQL"
    return statuses.pop()


async def _fresh_tag(twin: Twin, name: str, address: str) -> str:
    """The ETag of what is to be changed, so that a hostile value gets as far as the database."""
    answer = await _asker(twin.near, name).get(address)
    return answer.headers.get("ETag", '"1.000000000000"')


def _body_schema(name: str) -> dict[str, Any]:
    operation = OPERATIONS[name]
    content = DOCUMENT["paths"][operation.path][operation.method.lower()]["requestBody"]["content"]
    return next(iter(content.values()))["schema"]


@pytest.mark.parametrize("name", JSON_BODIES)
async def test_a_hostile_value_in_any_member_harms_nothing(twins: Twins, name: str) -> None:
    operation = OPERATIONS[name]
    spot = APART.get(name) or spots(operation, twins[0].near)[0]
    # creating by PUT takes the same body, so the values are shared out between the two
    rarer = 2 if name.startswith("put_") else 1
    tags: dict[int, str] = {}
    for member in hostile.members(_body_schema(name), DOCUMENT):
        sometimes = every(hostile.SOMETIMES, name, member, one_in=3 * rarer, share=3)
        for poison, both in every(hostile.NEVER, name, member, one_in=2 * rarer, share=4) + sometimes:
            raw = hostile.NEVER.get(poison) or hostile.SOMETIMES[poison]

            async def send(twin: Twin, member: str = member, raw: str = raw) -> httpx.Response:
                asked = request(operation, twin.near, spot)
                if operation.method == "PATCH" and id(twin) not in tags:
                    tags[id(twin)] = await _fresh_tag(twin, name, asked.path)
                answer = await _send(twin, name, asked.path, hostile.with_raw(asked.body or {}, member, raw),
                                     Content_Type=_media(operation), If_Match=tags.get(id(twin), NO_TAG))  # fmt: skip
                if answer.status_code not in (400, 413, 422):
                    tags.pop(id(twin), None)
                return answer

            both = both or name in ASKED_ONCE
            status = await _sent(twins, f"{name} {member}: {poison}", send, both=both)
            assert poison in hostile.SOMETIMES or status in (400, 413, 422), f"{name} {member}: {poison} gave {status}"


@pytest.mark.parametrize("name", JSON_BODIES)
async def test_a_body_that_is_no_body_is_refused(twins: Twins, name: str) -> None:
    operation = OPERATIONS[name]
    for what, both in every(hostile.BODIES, name, one_in=3, share=2):

        async def send(twin: Twin, content: bytes = hostile.BODIES[what]) -> httpx.Response:
            asked = request(operation, twin.near, spots(operation, twin.near)[0])
            return await _send(twin, name, asked.path, content, Content_Type=_media(operation))

        assert await _sent(twins, f"{name}: {what}", send, both=both) in (400, 413, 422), f"{name}: {what}"
    for media, both in every(set(hostile.MEDIA), name, one_in=4):

        async def labelled(twin: Twin, media: str = media) -> httpx.Response:
            asked = request(operation, twin.near, spots(operation, twin.near)[0])
            return await _send(twin, name, asked.path, asked.content, Content_Type=media)

        assert await _sent(twins, f"{name} as {media}", labelled, both=both) == 415, f"{name} as {media}"


@pytest.mark.parametrize("name", [name for name in GUARDED if OPERATIONS[name].parameters])
async def test_a_hostile_path_finds_nothing(twins: Twins, name: str) -> None:
    operation = OPERATIONS[name]
    for parameter in operation.parameters:
        for poison, both in every(hostile.PATHS, name, parameter, one_in=3, share=2):

            async def send(twin: Twin, parameter: str = parameter, poison: str = poison) -> httpx.Response:
                asked = request(operation, twin.near, spots(operation, twin.near)[0])
                path = operation.path.replace(f"{{{parameter}}}", poison)
                for other in operation.parameters:
                    path = path.replace(f"{{{other}}}", str(uuid4()))
                return await _send(twin, name, path, asked.content, Content_Type=asked.media)

            status = await _sent(twins, f"{name} {parameter}={poison}", send, both=both)
            assert status in (400, 404, 405, 413, 422), f"{name} {parameter}={poison}: {status}"


@pytest.mark.parametrize("name", GUARDED)
async def test_a_query_nobody_knows_is_refused(twins: Twins, name: str) -> None:
    operation = OPERATIONS[name]
    queries = [f"{MARK}=1", "limit=10&limit=20" if "limit" in operation.filters else "limit=1", "%00=1", "%FF=1"]
    for query in queries:

        async def send(twin: Twin, query: str = query) -> httpx.Response:
            asked = request(operation, twin.near, spots(operation, twin.near)[0])
            joined = "&" if "?" in asked.path else "?"
            return await _send(twin, name, f"{asked.path}{joined}{query}", asked.content, Content_Type=asked.media)

        assert await _sent(twins, f"{name}?{query}", send) in (400, 422), f"{name}?{query}"


@pytest.mark.parametrize("name", [name for name in GUARDED if OPERATIONS[name].filters])
async def test_a_hostile_filter_is_refused_or_finds_nothing(twins: Twins, name: str) -> None:
    operation = OPERATIONS[name]
    for parameter in operation.filters:
        for value, both in every(hostile.QUERIES, name, parameter, one_in=3, share=1 if parameter == "limit" else 2):
            if parameter == "seconds" and value in A_NUMBER:
                continue  # a stream asked for so many seconds lasts so long

            async def send(twin: Twin, parameter: str = parameter, value: str = value) -> httpx.Response:
                path = request(operation, twin.near, spots(operation, twin.near)[0]).path.split("?")[0]
                # a stream goes on until it is told for how long
                more = "&seconds=0" if "seconds" in operation.filters and parameter != "seconds" else ""
                return await _send(twin, name, f"{path}?{parameter}={value}{more}")

            status = await _sent(twins, f"{name}?{parameter}={value}", send, both=both)
            assert parameter != "limit" or status in (400, 422), f"{name}?limit={value}: {status}"


@pytest.mark.parametrize("name", GUARDED)
async def test_a_slash_too_many_and_a_method_nobody_meant_lead_nowhere(twins: Twins, name: str) -> None:
    operation = OPERATIONS[name]
    for twin in twins:
        asked = request(operation, twin.near, spots(operation, twin.near)[0])
        slashed = await _send(twin, name, asked.path.split("?")[0] + "/", asked.content, Content_Type=asked.media)
        _harmless(slashed, name)
        assert slashed.status_code in (404, 405), f"{name}: {slashed.status_code}"
        for method in ("TRACE", "DELETE", "PROPFIND"):
            answer = await twin.client.request(method, asked.path.split("?")[0])
            _harmless(answer, name)
            # but for the one address that is meant for it
            assert answer.status_code == (401 if method in METHODS[operation.path] else 405)
            if answer.status_code == 405:
                assert operation.method in answer.headers["Allow"]


@pytest.mark.parametrize("header", ["If_Match", "If_None_Match", "Idempotency_Key", "Accept", "X_Request_Id", "Cookie"])
@pytest.mark.parametrize("value", [MARK, "", '"-1.0"', '"99999999999999999999.0"', "*", "W/" * 500, MARK * 1000, "é",
                                   "' OR 1=1", '"1.' + "0" * 300 + '"'], ids=lambda value: value[:20])  # fmt: skip
async def test_a_hostile_header_harms_nothing(twins: Twins, header: str, value: str) -> None:
    contact = {"name": "Ada", "relationship": "CAR", "priority": 1}
    for name, body in (("create_contact", contact), ("change_contact", {"name": "Ada"}), ("read_contact", None)):

        async def send(twin: Twin, name: str = name, body: dict[str, Any] | None = body) -> httpx.Response:
            operation = OPERATIONS[name]
            path = request(operation, twin.near, "own").path
            content = None if body is None else json.dumps(body).encode()
            return await _send(twin, name, path, content, Content_Type=_media(operation), **{header: value})

        await _sent(twins, f"{name} {header}: {value[:40]}", send)


@pytest.mark.parametrize("body", [
    b"", b"grant_type=password", b"grant_type=password&username=%00&password=x", b"grant_type=%ED%A0%80",
    b"grant_type=password&grant_type=password&username=a&password=b", b"grant_type=refresh_token&refresh_token=%FF%00",
    b"grant_type=refresh_token&refresh_token=" + b"x" * 5000, b"\xff\xfe", b"a" * 100_000, b"{}", b"&&==&",
    b"grant_type=" + MARK.encode(), b"grant_type=client_credentials&client_id=%F0%9F%A7%B8&client_secret=%ED%B0%80",
    b"grant_type=password&username=" + MARK.encode() + b"%27--&password=%F0%9F%A7%B8",
], ids=lambda body: body[:30].decode("latin-1"))  # fmt: skip
async def test_a_hostile_sign_in_is_refused_in_the_words_of_oauth(twins: Twins, body: bytes) -> None:
    told = set()
    for twin in twins:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await twin.client.post("/v1/auth/token", content=body, headers=headers)
        assert answer.status_code in (400, 401), answer.text
        assert set(answer.json()) <= {"error", "error_description"}
        assert MARK not in answer.text
        told.add((answer.status_code, answer.text))
    assert len(told) == 1


NAMES = ("Zoë \U0001f9f8", "e\u0301\u0302 combining", "شيماء", "O'Brien-Łukasz; DROP", "陳小明", "<b>Bo</b> {{7*7}} %s",
         "\U0001f469\U0001f3fd\u200d\U0001f3eb Miss K")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_of_this_world_is_kept_as_it_was_written(twins: Twins, name: str) -> None:
    for twin in twins:
        office, path = twin.near.world.office, f"/v1/pupils/{twin.near.ids['pupil']['own']}/contacts"
        made = await office.post(path, {"name": name, "relationship": "CAR", "priority": 2})
        assert made.status_code == 201, made.text
        assert (await office.get(f"/v1/contacts/{made.json()['id']}")).json()["name"] == name
