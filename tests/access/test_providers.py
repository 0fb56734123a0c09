"""Identity providers over HTTP: an administrator of the trust connects them, and only what the operator allows."""

from typing import Any

import pytest

from iap_api.core.tables import new_id
from tests.access.administration import events, pointers
from tests.access.school_sign_in import Google, Microsoft
from tests.world import Person, World

PATH = "/v1/identity-providers"


def google(world: World, **more: Any) -> dict[str, Any]:
    return {"trust_id": str(world.trust_id), "name": "Google", "kind": "google", "tenant": Google.domain,
            "audience": "app.apps.example", **more}  # fmt: skip


def entra(world: World, **more: Any) -> dict[str, Any]:
    return {"trust_id": str(world.trust_id), "name": "Microsoft", "kind": "entra", "tenant": Microsoft.tenant,
            "audience": "d1f8e4c2-0a5b-4f7e-8c3d-6b9a2e1f0c47", **more}  # fmt: skip


async def made(person: Person, body: dict[str, Any]) -> dict[str, Any]:
    answer = await person.post(PATH, body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_administrator_connects_google_and_microsoft_and_everybody_at_work_can_read_it(world: World) -> None:
    first = await made(world.administrator, google(world, tenant="Willow.Example"))
    second = await made(world.administrator, entra(world, tenant=Microsoft.tenant.upper()))
    assert (first["issuer"], first["tenant"], first["token_type"]) == (
        "https://accounts.google.com", "willow.example", "id_token",
    )  # fmt: skip
    assert second["issuer"] == f"https://login.microsoftonline.com/{Microsoft.tenant}/v2.0"
    shown = (await world.teaching_assistant.get(PATH)).json()["items"]
    assert [one["id"] for one in shown] == [first["id"], second["id"]]
    assert await events(world, first["id"]) == ["created"]


async def test_a_name_and_a_client_id_are_changed_and_nothing_else(world: World) -> None:
    provider = await made(world.administrator, google(world))
    path = f"{PATH}/{provider['id']}"
    changed = await world.administrator.change(path, {"name": "Workspace", "audience": "new.apps.example"})
    assert (changed.status_code, changed.json()["audience"]) == (200, "new.apps.example")
    for member, value in (("tenant", "hazel.example"), ("issuer", "https://evil.example"), ("kind", "other"),
                          ("token_type", "access_token"), ("trust_id", str(world.trust_id))):  # fmt: skip
        assert (await world.administrator.change(path, {member: value})).status_code == 422, member
    assert await events(world, provider["id"]) == ["created", "updated"]


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"tenant": None}, "/tenant"), ({"tenant": "willow"}, "/tenant"), ({"tenant": "jo@willow.example"}, "/tenant"),
        ({"tenant": "https://willow.example"}, "/tenant"), ({"issuer": "https://accounts.google.com"}, "/issuer"),
        ({"token_type": "access_token"}, "/token_type"), ({"audience": "two words"}, "/audience"),
        ({"kind": "entra"}, "/tenant"), ({"kind": "entra", "tenant": "common"}, "/tenant"),
        ({"kind": "entra", "tenant": "organizations"}, "/tenant"), ({"kind": "entra", "tenant": None}, "/tenant"),
        ({"kind": "other", "tenant": None}, "/issuer"),
        ({"kind": "other", "issuer": "https://idp.willow.example"}, "/tenant"),
        ({"kind": "other", "tenant": None, "issuer": "https://login.hazel.example"}, "/issuer"),
        ({"kind": "other", "tenant": None, "issuer": "https://accounts.google.com"}, "/issuer"),
        ({"kind": "other", "tenant": None, "issuer": "http://169.254.169.254"}, "/issuer"),
        ({"kind": "other", "tenant": None, "issuer": "https://idp.willow.example/"}, "/issuer"),
        ({"kind": "other", "tenant": None, "issuer": "https://IDP.willow.example"}, "/issuer"),
        ({"kind": "saml"}, "/kind"),
    ],
)  # fmt: skip
async def test_what_a_kind_does_not_have_or_the_operator_does_not_allow_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], wrong: str
) -> None:
    monkeypatch.setattr(world.app.state.settings, "other_issuers", ["https://idp.willow.example"])
    answer = await world.administrator.post(PATH, google(world, **more))
    assert (answer.status_code, pointers(answer)) == (422, [wrong]), answer.text


async def test_another_provider_is_connected_where_the_operator_allows_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.app.state.settings, "other_issuers", ["https://idp.willow.example"])
    told = {"kind": "other", "tenant": None, "issuer": "https://idp.willow.example", "token_type": "access_token"}
    provider = await made(world.administrator, google(world, **told))
    assert (provider["issuer"], provider["tenant"]) == ("https://idp.willow.example", "")


async def test_a_tenant_is_connected_once_and_again_after_its_end(world: World) -> None:
    provider = await made(world.administrator, google(world))
    again = await world.administrator.post(PATH, google(world, audience="another"))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/provider-connected")
    await made(world.administrator, google(world, tenant="hazel.example"))
    ended = await world.administrator.verb(f"{PATH}/{provider['id']}", "end")
    assert ended.json()["ended_by"] == str(world.administrator.account.id)
    assert (await world.administrator.verb(f"{PATH}/{provider['id']}", "end")).status_code == 409
    await made(world.administrator, google(world))
    assert await events(world, provider["id"]) == ["created", "ended"]


async def test_an_id_of_ones_own_makes_it_once(world: World) -> None:
    path = f"{PATH}/{new_id()}"
    answers = [await world.administrator.put(path, google(world)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()


async def test_an_administrator_of_one_school_connects_nothing_for_the_trust(world: World) -> None:
    own = world.account("own_school", "administrator", world.north)
    await world.save()
    provider = await made(world.administrator, google(world))
    answer = await own.post(PATH, entra(world))
    assert (answer.status_code, pointers(answer)) == (422, ["/trust_id"])
    path = f"{PATH}/{provider['id']}"
    assert (await own.get(path)).status_code == 200
    assert (await own.change(path, {"audience": "mine"})).status_code == 404
    assert (await own.verb(path, "end")).status_code == 404
