"""Who asks is what the token says: no header, query or cookie makes somebody else of them, or another request."""

from typing import Any

import httpx
import pytest

from iap_api.access.roles import Role
from tests.conftest import FULL, on_one_database
from tests.counted import count
from tests.house.asked import request, spots
from tests.house.contract import OPERATIONS
from tests.house.spots import Neighbourhood
from tests.house.test_forbidden_and_absent import as_told
from tests.house.who_may import OPERATIONS as WHO_MAY

NAMES = sorted(WHO_MAY)
pytestmark = on_one_database
# what proxies and frameworks believe elsewhere; {id} is the administrator's account, {token} the SENCO's token
SMUGGLED = [
    tuple(line.split(": ", 1))
    for line in """
X-Forwarded-User: {id}
X-Forwarded-Email: {user}
X-Forwarded-Preferred-Username: {user}
X-Forwarded-Groups: administrator
X-Forwarded-Access-Token: {token}
X-Forwarded-For: 127.0.0.1
X-Forwarded-Host: evil.example
X-Forwarded-Proto: http
X-Forwarded-Prefix: /v1/pupils
Forwarded: for=127.0.0.1;host=evil.example;proto=http
X-Real-IP: 127.0.0.1
Via: 1.1 inside
X-User: {id}
X-User-Id: {id}
X-Account-Id: {id}
X-Remote-User: {user}
Remote-User: {user}
X-Auth-Request-User: {user}
X-Authenticated-User: {user}
X-Authenticated-Userid: {id}
X-Consumer-Username: {user}
X-Goog-Authenticated-User-Email: {user}
X-MS-Client-Principal-Id: {id}
X-MS-Client-Principal: eyJyb2xlcyI6WyJhZG1pbmlzdHJhdG9yIl19
X-Role: administrator
X-Roles: senco,administrator
X-Permissions: pupil_read:trust
X-Scope: pupil_read
X-School-Id: {id}
X-Tenant-Id: {id}
X-Impersonate: {user}
Impersonate-User: {user}
X-Act-As: {id}
On-Behalf-Of: {id}
X-Authorization: Bearer {token}
X-Access-Token: {token}
X-Api-Key: {token}
Proxy-Authorization: Bearer {token}
Cookie: access_token={token}; session={token}; Authorization=Bearer {token}
X-HTTP-Method-Override: GET
X-HTTP-Method-Override: DELETE
X-Method-Override: GET
X-HTTP-Method: GET
X-Original-URL: /v1/me
X-Original-URL: /v1/pupils
X-Rewrite-URL: /v1/me
X-Original-Method: GET
X-Forwarded-Uri: /v1/me
X-Forwarded-Method: GET
X-Accel-Redirect: /v1/me
X-Custom-IP-Authorization: 127.0.0.1
Client-Cert: :MIIB:
X-SSL-Client-Verify: SUCCESS
X-Debug: 1
X-Internal: true
Sec-Fetch-Site: same-origin
""".strip().splitlines()
]


def _filled(near: Neighbourhood, value: str) -> str:
    administrator, senco = near.world.administrator, near.world.senco
    return value.format(id=administrator.account.id, user=administrator.account.username, token=senco.token)


def _some(name: str) -> list[tuple[str, ...]]:
    """Every header in full; else some of them with each operation, and each of them with several."""
    at = NAMES.index(name)
    return SMUGGLED if FULL else SMUGGLED[at % 18 :: 18]


async def _asked(
    client: httpx.AsyncClient, near: Neighbourhood, name: str, authorization: list[str], **more: Any
) -> httpx.Response:
    operation = OPERATIONS[name]
    asked = request(operation, near, spots(operation, near)[-1])
    headers = [("Authorization", one) for one in authorization] + [("Content-Type", asked.media)]
    headers += [(key.replace("_", "-"), value) for key, value in asked.headers.items()] + more.get("headers", [])
    return await client.request(asked.method, asked.path, content=asked.content, headers=headers)


def _refused(name: str) -> Role:
    """A role that may not; where everybody may, the one that reaches least."""
    return min(WHO_MAY[name], key=lambda role: "-obst".index(WHO_MAY[name][role]))


@pytest.mark.parametrize("name", NAMES)
async def test_a_header_makes_nobody_somebody_else(near: Neighbourhood, client: httpx.AsyncClient, name: str) -> None:
    person = near.world.people[_refused(name).value]
    for authorization in ([f"Bearer {person.token}"], []):
        plain = as_told(await _asked(client, near, name, authorization))
        for header, value in _some(name):
            sent = [(header, _filled(near, value))]
            answer = await _asked(client, near, name, authorization, headers=sent)
            assert as_told(answer) == plain, f"{header}: {value}"
            count("requests with smuggled headers, all told the same")


@pytest.mark.parametrize("first", ["governor", "senco"])
async def test_two_tokens_are_none(near: Neighbourhood, client: httpx.AsyncClient, first: str) -> None:
    """A proxy may read the first and the API the last: two are refused, in either order and on one line too."""
    w = near.world
    second = "senco" if first == "governor" else "governor"
    one, other = (f"Bearer {w.people[name].token}" for name in (first, second))
    for authorization in ([one, other], [other, one], [one, one], [f"{one}, {other}"], [f"{one} {other}"]):
        answer = await _asked(client, near, "list_pupils", authorization)
        assert answer.status_code == 401, authorization
        count("requests with smuggled headers, all told the same")


@pytest.mark.parametrize("where", ["access_token", "token", "authorization", "bearer", "jwt", "api_key", "_method"])
async def test_a_token_in_the_query_is_no_token(near: Neighbourhood, client: httpx.AsyncClient, where: str) -> None:
    answer = await client.get(f"/v1/pupils?{where}={near.world.senco.token}")
    assert answer.status_code in (401, 422)
    assert near.world.senco.token not in answer.text


@pytest.mark.parametrize("member", ["_method", "role", "roles", "account_id", "permission", "access_token", "as"])
async def test_a_body_makes_nobody_somebody_else(near: Neighbourhood, member: str) -> None:
    for value in ("DELETE", "administrator", str(near.world.administrator.account.id)):
        answer = await near.world.teaching_assistant.post("/v1/pupils/search", {"name": "okafor", member: value})
        assert answer.status_code == 422, member
