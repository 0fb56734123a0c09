"""The outermost door, spoken to through a real socket: what no client of good will sends is refused at once."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.core.fresh import own_database, settings_with
from tests.core.served import Answer, Served, served

CLOSE = "Host: iap.test\r\nConnection: close\r\n"


@pytest_asyncio.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """One server for the whole file; the door is the same whatever database stands behind it."""
    folder = tmp_path_factory.mktemp("gate")
    async with (
        own_database("sqlite://", folder) as url,
        served(settings_with(url, folder), folder, body_deadline_seconds="1", body_limit_bytes="20000") as made,
    ):
        yield made


def problem(answer: Answer, status: int, kind: str) -> dict[str, object]:
    """The problem document of an answer, checked for what every one of them holds."""
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    document: dict[str, object] = json.loads(answer.body)
    assert document["type"] == f"/problems/{kind}"
    assert document["status"] == status
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


async def test_a_request_in_good_order_is_answered_with_its_id(server: Served) -> None:
    answer = await server.say(f"GET /livez HTTP/1.1\r\n{CLOSE}\r\n".encode())
    assert (answer.status, answer.body) == (200, b'{"status":"alive"}')
    assert len(answer.headers["x-request-id"]) == 36


@pytest.mark.parametrize(
    "hosts", ["", "Host: iap.test\r\nHost: evil.example\r\n", "Host: iap.test\r\nhost: iap.test\r\n"]
)
async def test_a_request_without_exactly_one_host_is_malformed(server: Served, hosts: str) -> None:
    problem(
        await server.say(f"GET /livez HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode()), 400, "malformed"
    )  # fmt: skip


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x4\r\n",
    ],
)
async def test_two_ways_of_saying_where_a_body_ends_are_never_taken(server: Served, framing: str) -> None:
    raw = f"POST /v1/auth/token HTTP/1.1\r\n{CLOSE}{framing}\r\n0\r\n\r\n"
    answer = await server.say(raw.encode())
    assert answer.status == 400


async def test_headers_of_more_than_sixteen_kibibytes_are_too_large(server: Served) -> None:
    wide = "".join(f"X-Filler-{number}: {'a' * 90}\r\n" for number in range(200))
    problem(await server.say(f"GET /livez HTTP/1.1\r\n{CLOSE}{wide}\r\n".encode()), 413, "too-large")


async def test_five_hundred_headers_are_too_large(server: Served) -> None:
    many = "".join(f"X-{number:03}-{'n' * 20}: {'a' * 10}\r\n" for number in range(500))
    problem(await server.say(f"GET /livez HTTP/1.1\r\n{CLOSE}{many}\r\n".encode()), 413, "too-large")


@pytest.mark.parametrize("address", ["/" + "a" * 8200, "/livez?" + "a" * 8200])
async def test_an_address_of_more_than_eight_kibibytes_is_too_large_and_not_repeated_whole(
    server: Served, address: str
) -> None:
    answer = await server.say(f"GET {address} HTTP/1.1\r\n{CLOSE}\r\n".encode())
    problem(answer, 413, "too-large")
    assert len(answer.body) < 600


@pytest.mark.parametrize("address", ["/v1/pupils/%00", "/v1/pupils?after=%00", "/%00livez"])
async def test_a_nul_in_an_address_is_malformed(server: Served, address: str) -> None:
    problem(await server.say(f"GET {address} HTTP/1.1\r\n{CLOSE}\r\n".encode()), 400, "malformed")


async def test_a_body_over_the_limit_is_too_large_when_its_length_is_told(server: Served) -> None:
    raw = f"POST /v1/auth/token HTTP/1.1\r\n{CLOSE}Content-Length: 20001\r\n\r\n".encode() + b"a" * 20_001
    problem(await server.say(raw), 413, "too-large")


async def test_a_body_over_the_limit_is_too_large_when_it_comes_in_chunks(server: Served) -> None:
    raw = f"POST /v1/auth/token HTTP/1.1\r\n{CLOSE}Transfer-Encoding: chunked\r\n\r\n".encode()
    raw += b"fa0\r\n" + b"a" * 4000 + b"\r\n"
    raw += (b"fa0\r\n" + b"a" * 4000 + b"\r\n") * 5 + b"0\r\n\r\n"
    problem(await server.say(raw), 413, "too-large")


async def test_a_body_of_just_the_limit_is_read(server: Served) -> None:
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    raw = f"POST /v1/auth/token HTTP/1.1\r\n{CLOSE}Content-Length: 20000\r\n".encode() + form + b"\r\n" + b"a" * 20_000
    answer = await server.say(raw)
    assert answer.status == 400
    assert json.loads(answer.body) == {"error": "invalid_request"}


async def test_a_body_that_never_ends_is_given_up_after_the_deadline(server: Served) -> None:
    raw = f"POST /v1/auth/token HTTP/1.1\r\n{CLOSE}Content-Length: 100\r\n\r\nhalf".encode()
    problem(await server.say(raw), 400, "malformed")


@pytest.mark.parametrize("coding", ["gzip", "br", "identity", "deflate, gzip"])
async def test_a_packed_body_is_never_unpacked(server: Served, coding: str) -> None:
    raw = f"POST /v1/auth/token HTTP/1.1\r\n{CLOSE}Content-Encoding: {coding}\r\nContent-Length: 2\r\n\r\n{{}}"
    problem(await server.say(raw.encode()), 415, "unsupported-media")


@pytest.mark.parametrize(
    "address", ["/livez", "/readyz", "/metrics", "/.well-known/jwks.json", "/problems/stale", "/v1/pupils", "/nowhere"]
)
async def test_head_is_answered_as_get_without_the_body(server: Served, address: str) -> None:
    got = await server.say(f"GET {address} HTTP/1.1\r\n{CLOSE}\r\n".encode())
    head = await server.say(f"HEAD {address} HTTP/1.1\r\n{CLOSE}\r\n".encode())
    assert head.status == got.status
    assert head.body == b""
    assert head.headers["content-type"] == got.headers["content-type"]
    if address != "/metrics":
        assert head.headers["content-length"] == got.headers["content-length"]


async def test_a_connection_stays_usable_after_head(server: Served) -> None:
    twice = "HEAD /livez HTTP/1.1\r\nHost: iap.test\r\n\r\n" + f"HEAD /problems/stale HTTP/1.1\r\n{CLOSE}\r\n"
    answer = await server.say(twice.encode())
    assert answer.status == 200
    assert answer.body.startswith(b"HTTP/1.1 200")
    assert b"text/html" in answer.body


@pytest.mark.parametrize(
    ("request_line", "status", "kind"),
    [
        ("GET /nowhere", 404, "not-found"),
        ("GET /v1/pupils/", 404, "not-found"),
        ("GET //livez", 404, "not-found"),
        ("DELETE /v1/pupils", 405, "method-not-allowed"),
        ("GET /v1/pupils", 401, "sign-in-needed"),
        ("GET /v1/pupils?colour=red", 422, "invalid"),
        ("POST /v1/pupils", 415, "unsupported-media"),
        ("GET /problems/no-such", 404, "not-found"),
    ],
)
async def test_every_refusal_is_a_problem_with_its_request_id(
    server: Served, request_line: str, status: int, kind: str
) -> None:
    problem(await server.say(f"{request_line} HTTP/1.1\r\n{CLOSE}\r\n".encode()), status, kind)


@pytest.mark.parametrize(
    ("address", "methods"), [("/v1/pupils", "GET, HEAD, POST"), ("/v1/pupils/search", "GET, HEAD, PATCH, POST, PUT")]
)
async def test_a_method_that_is_not_taken_is_told_all_that_are(server: Served, address: str, methods: str) -> None:
    answer = await server.say(f"DELETE {address} HTTP/1.1\r\n{CLOSE}\r\n".encode())
    assert answer.status == 405
    assert answer.headers["allow"] == methods


async def test_neither_head_nor_what_is_refused_leaves_a_traceback_in_the_log(server: Served) -> None:
    await server.say(f"HEAD /livez HTTP/1.1\r\n{CLOSE}\r\n".encode())
    await server.say(f"POST /v1/auth/token HTTP/1.1\r\n{CLOSE}Content-Length: 20001\r\n\r\n".encode() + b"a" * 20_001)
    await server.say(f"GET /livez HTTP/1.1\r\n{CLOSE}Content-Length: 1\r\nContent-Length: 2\r\n\r\n".encode())
    assert {(one["event"], one["level"]) for one in server.events()} <= {
        ("request", "info"), ("token_refused", "warning")
    }  # fmt: skip
    assert server.other_lines() == {"WARNING:  Invalid HTTP request received."}


async def test_only_the_hosts_that_were_named_are_answered_to(tmp_path: Path) -> None:
    async with (
        own_database("sqlite://", tmp_path) as url,
        served(settings_with(url, tmp_path), tmp_path, hosts='["iap.school.example", "[::1]"]') as made,
    ):
        for host, status in (
            ("iap.school.example", 200), ("IAP.School.Example:8443", 200), ("[::1]", 200), ("[::1]:8000", 200),
            ("evil.example", 400), ("iap.school.example.evil.example", 400), ("evil.example:iap.school.example", 400),
        ):  # fmt: skip
            raw = f"GET /livez HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            assert (await made.say(raw.encode())).status == status, host
