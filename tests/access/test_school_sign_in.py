"""Sign-in through the school: a teacher comes in with Google or Microsoft, and nobody else does."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.provider_tables import Identity
from iap_api.access.tables import Account, LedgerEntry, SignIn
from iap_api.core import clock
from iap_api.core.tables import new_id
from tests import world as worlds
from tests.access.school_sign_in import ACCESS_TOKEN, ANY_JWT, EXCHANGE, ID_TOKEN, Google, Microsoft, SchoolSignIn
from tests.provider.running import RealProvider
from tests.world import World

OURS = "urn:ietf:params:oauth:token-type:access_token"


def refused(answer: Any) -> None:
    """The one answer to a bad token, whatever is wrong with it."""
    assert (answer.status_code, answer.content) == (401, b'{"error":"invalid_grant"}'), answer.text
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_teacher_signs_in_with_google_in_the_morning(school: SchoolSignIn, google: RealProvider) -> None:
    world = school.world
    provider = await school.google(google)
    await school.linked(world.class_teacher, provider, Google.jo.id)

    answer = await school.exchange(await google.id_token("jo"))

    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["token_type"], shown["expires_in"], shown["issued_token_type"]) == ("Bearer", 900, OURS)
    assert shown["refresh_token"] is None
    headers = {"Authorization": f"Bearer {shown['access_token']}"}
    me = (await school.door.client.get("/v1/me", headers=headers)).json()
    assert me["id"] == str(world.class_teacher.account.id)
    # the role is the one granted here: the provider has said nothing of roles
    assert {held["role"] for held in me["roles"]} == {"class_teacher"}
    assert (await school.door.client.get("/v1/pupils", headers=headers)).status_code == 200
    async with world.app.state.database.transaction(read_only=True) as session:
        wanted = select(LedgerEntry.kind).where(col(LedgerEntry.resource_id) == world.class_teacher.account.id)  # type: ignore[call-overload]
        assert "account.signed_in" in (await session.execute(wanted)).scalars().all()


async def test_a_teacher_signs_in_with_microsoft(school: SchoolSignIn, microsoft: RealProvider) -> None:
    provider = await school.microsoft(microsoft)
    await school.linked(school.world.senco, provider, Microsoft.object_id)
    answer = await school.exchange(await microsoft.id_token("jo"), ANY_JWT)
    assert answer.status_code == 200, answer.text
    assert await school.door.me(answer.json()["access_token"]) == 200


async def test_a_sign_in_through_the_school_ends_with_its_access_token(
    school: SchoolSignIn, google: RealProvider
) -> None:
    provider = await school.google(google)
    await school.linked(school.world.senco, provider, Google.jo.id)
    assert (await school.exchange(await google.id_token("jo"))).status_code == 200
    async with school.world.app.state.database.transaction(read_only=True) as session:
        wanted = select(SignIn).where(col(SignIn.account_id) == school.world.senco.account.id)
        newest = max((await session.execute(wanted)).scalars(), key=lambda one: one.started_at)
    assert newest.refresh_digest is None
    assert (newest.expires_at - newest.started_at).total_seconds() == 900


async def test_nobody_comes_in_who_was_not_linked_whatever_their_address(
    school: SchoolSignIn, google: RealProvider
) -> None:
    world = school.world
    provider = await school.google(google)
    # an account whose user name is the very address in the token
    who = world.account("office2", "office", world.north)
    who.account.username = f"new@willow.example{world.number}"
    await world.save()
    refused(await school.exchange(await google.id_token("new")))
    await school.linked(world.senco, provider, Google.jo.id)
    # the same address in another domain's token, and in a private account's
    refused(await school.exchange(await google.id_token("elsewhere")))
    refused(await school.exchange(await google.id_token("private")))
    assert (await school.exchange(await google.id_token("jo"))).status_code == 200
    not_an_id = await school.link(world.office, provider, "new@willow.example")
    assert not_an_id.status_code == 422


async def test_the_same_object_in_another_directory_and_an_app_by_itself_are_nobody(
    school: SchoolSignIn, microsoft: RealProvider
) -> None:
    provider = await school.microsoft(microsoft)
    await school.linked(school.world.senco, provider, Microsoft.object_id)
    refused(await school.exchange(await microsoft.id_token("guest")))
    refused(await school.exchange(await microsoft.id_token("app")))


async def test_a_token_for_another_app_is_refused(school: SchoolSignIn, google: RealProvider) -> None:
    provider = await school.google(google, audience="another-app")
    await school.linked(school.world.senco, provider, Google.jo.id)
    refused(await school.exchange(await google.id_token("jo")))
    changed = await school.world.administrator.change(
        f"/v1/identity-providers/{provider['id']}", {"audience": google.client_id}
    )
    assert changed.status_code == 200, changed.text
    assert (await school.exchange(await google.id_token("jo"))).status_code == 200


async def test_an_id_token_is_not_taken_for_an_access_token(school: SchoolSignIn, microsoft: RealProvider) -> None:
    provider = await school.microsoft(microsoft, token_type="access_token")
    await school.linked(school.world.senco, provider, Microsoft.object_id)
    token = await microsoft.id_token("jo")
    for kind in (ID_TOKEN, ACCESS_TOKEN, ANY_JWT):
        refused(await school.exchange(token, kind))


async def test_a_leaver_is_refused_at_once_and_so_is_everybody_whose_link_or_provider_has_ended(
    school: SchoolSignIn, google: RealProvider
) -> None:
    world = school.world
    provider = await school.google(google)
    link = await school.linked(world.senco, provider, Google.jo.id)
    token = await google.id_token("jo")

    async def inside() -> str:
        answer = await school.exchange(token)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    mine = await inside()
    assert (await world.administrator.verb(f"/v1/accounts/{world.senco.account.id}", "disable")).status_code == 200
    assert await school.door.me(mine) == 401
    refused(await school.exchange(token))
    assert (await world.administrator.verb(f"/v1/accounts/{world.senco.account.id}", "enable")).status_code == 200
    mine = await inside()
    path = f"/v1/accounts/{world.senco.account.id}/identities/{link['id']}"
    assert (await world.administrator.verb(path, "end")).status_code == 200
    assert await school.door.me(mine) == 401
    refused(await school.exchange(token))
    await school.linked(world.senco, provider, Google.jo.id)
    mine = await inside()
    assert (await world.administrator.verb(f"/v1/identity-providers/{provider['id']}", "end")).status_code == 200
    assert await school.door.me(mine) == 401
    refused(await school.exchange(token))


async def test_an_identity_of_another_tenant_or_whose_account_is_in_another_trust_opens_nothing(
    school: SchoolSignIn, google: RealProvider, world: World
) -> None:
    provider = await school.google(google)
    link = await school.linked(world.senco, provider, Google.jo.id)
    token = await google.id_token("jo")
    assert (await school.exchange(token)).status_code == 200
    # no request can do these: they are done behind the API's back
    for tenant, status in (("hazel.example", 401), (Google.domain, 200)):
        async with world.app.state.database.transaction() as session:
            (await session.get_one(Identity, UUID(link["id"]))).tenant = tenant
        assert (await school.exchange(token)).status_code == status
    async with world.app.state.database.transaction() as session:
        (await session.get_one(Account, UUID(link["account_id"]))).place_id = world.partner
    refused(await school.exchange(token))


async def test_somebody_known_in_two_trusts_says_which_and_nobody_can_keep_them_out_by_knowing_them_too(
    school: SchoolSignIn, google: RealProvider
) -> None:
    here = await school.google(google)
    await school.linked(school.world.senco, here, Google.jo.id)
    beside = await worlds.build(school.world.app, school.world.client)
    there = await school.connect(beside, kind="google", tenant=Google.domain, audience=google.client_id)
    linked = await school.link(beside.senco, there, Google.jo.id, beside.administrator)
    assert linked.status_code == 201, linked.text
    token = await google.id_token("jo")
    refused(await school.exchange(token, provider_id=""))
    for provider, person in ((here, school.world.senco), (there, beside.senco)):
        answer = await school.exchange(token, provider_id=provider["id"])
        assert answer.status_code == 200, answer.text
        claims = school.world.app.state.verifier.verify(answer.json()["access_token"], clock.now().timestamp())
        assert claims.account_id == person.account.id
    refused(await school.exchange(token, provider_id=str(new_id())))
    assert (await school.exchange(token, provider_id="the one")).status_code == 400


async def test_a_disabled_row_is_enough(school: SchoolSignIn, google: RealProvider) -> None:
    provider = await school.google(google)
    await school.linked(school.world.senco, provider, Google.jo.id)
    async with school.world.app.state.database.transaction() as session:
        (await session.get_one(Account, school.world.senco.account.id)).disabled_at = datetime.now(UTC)
    refused(await school.exchange(await google.id_token("jo")))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "invalid_request"),
        ({"subject_token": "x"}, "invalid_request"),
        ({"subject_token": "x", "subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
        ({"subject_token": "x", "subject_token_type": ID_TOKEN, "requested_token_type": ID_TOKEN}, "invalid_request"),
        ({"subject_token": "x", "subject_token_type": ID_TOKEN, "actor_token": "y"}, "invalid_request"),
        ({"subject_token": "x", "subject_token_type": ID_TOKEN, "other": "y" * 1025}, "invalid_request"),
    ],
)
async def test_a_form_that_asks_for_something_else_is_told_so(
    school: SchoolSignIn, fields: dict[str, str], error: str
) -> None:
    answer = await school.door.form(grant_type=EXCHANGE, **fields)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
