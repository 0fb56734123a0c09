"""Who an account is at a provider: linked by an administrator, or by oneself with the provider's own token."""

import asyncio
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from httpx import Response
from sqlalchemy import update
from sqlmodel import col

from iap_api.access.tables import HeldRole, SignIn
from iap_api.core import clock
from tests import world as worlds
from tests.access.administration import events, pointers
from tests.access.false_provider import Said, false_provider
from tests.access.provider_forge import AUDIENCE, ProviderForge
from tests.access.school_sign_in import ID_TOKEN, Google, Microsoft, SchoolSignIn
from tests.access.test_passwords import OLD, OLD_HASH
from tests.provider.running import RealProvider
from tests.world import LONG_AGO, Person, World


def path_of(who: Person) -> str:
    return f"/v1/accounts/{who.account.id}/identities"


async def link_myself(who: Person, token: str, password: str | None = None, **headers: str) -> Response:
    body = {"subject_token": token, "subject_token_type": ID_TOKEN}
    if password is not None:
        body["current_password"] = password
    return await who.post("/v1/me/identities", body, **headers)


# By an administrator


async def test_an_administrator_links_a_colleague_reads_it_and_ends_it(
    school: SchoolSignIn, google: RealProvider
) -> None:
    world, provider = school.world, await school.google(google)
    link = await school.linked(world.senco, provider, Google.jo.id)
    assert (link["tenant"], link["subject"]) == (Google.domain, str(Google.jo.id))
    assert link["linked_by"] == str(world.administrator.account.id)
    listed = (await world.data_protection_officer.get(path_of(world.senco))).json()["items"]
    assert [one["id"] for one in listed] == [link["id"]]
    path = f"{path_of(world.senco)}/{link['id']}"
    ended = await world.administrator.verb(path, "end")
    assert ended.status_code == 200, ended.text
    assert ended.json()["ended_by"] == str(world.administrator.account.id)
    assert (await world.administrator.verb(path, "end")).status_code == 409
    assert await events(world, link["id"]) == ["identity.linked", "identity.ended"]


async def test_one_person_at_a_provider_has_one_account(school: SchoolSignIn, google: RealProvider) -> None:
    world, provider = school.world, await school.google(google)
    link = await school.linked(world.senco, provider, Google.jo.id)
    twice = await school.link(world.office, provider, Google.jo.id)
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/identity-taken")
    assert (await world.administrator.verb(f"{path_of(world.senco)}/{link['id']}", "end")).status_code == 200
    await school.linked(world.office, provider, Google.jo.id)


async def test_of_two_links_at_once_one_stands(school: SchoolSignIn, google: RealProvider) -> None:
    world, provider = school.world, await school.google(google)
    four = (world.senco, world.office, world.headteacher, world.therapist)
    answers = await asyncio.gather(*(school.link(who, provider, Google.jo.id) for who in four))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_an_idempotency_key_serves_one_account(school: SchoolSignIn, google: RealProvider) -> None:
    world, provider = school.world, await school.google(google)
    sent = {"provider_id": provider["id"], "subject": str(Google.jo.id)}
    answers = [
        await world.administrator.post(path_of(who), sent, Idempotency_Key="one")
        for who in (world.senco, world.senco, world.office)
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 422]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("google", "jo@willow.example"), ("google", "12a"), ("google", "١٢"), ("entra", Microsoft.object_id.upper()),
        ("entra", "jo@willow.example"), ("entra", "104523789012345678"), ("google", " 12"), ("google", ""),
    ],
)  # fmt: skip
async def test_a_subject_has_the_form_that_its_provider_gives(school: SchoolSignIn, kind: str, subject: str) -> None:
    tenant = Google.domain if kind == "google" else Microsoft.tenant
    provider = await school.connect(kind=kind, tenant=tenant, audience="app")
    answer = await school.link(school.world.senco, provider, subject)
    if subject == " 12":
        # blanks at the ends are nobody's
        assert answer.json()["subject"] == "12"
    else:
        assert (answer.status_code, pointers(answer)) == (422, ["/subject"])


async def test_an_administrator_raises_nobody_beyond_their_own_reach_nor_themselves(
    school: SchoolSignIn, google: RealProvider
) -> None:
    world, provider = school.world, await school.google(google)
    own = world.account("own_school", "administrator", world.north)
    both = world.account("both", "senco", world.north)
    world.add(HeldRole(account_id=both.account.id, role="senco", place_id=world.south, starts_on=LONG_AGO))
    await world.save()
    # whoever links such an account to themselves would come in as them
    wider = await school.link(both, provider, 7, own)
    assert (wider.status_code, wider.json()["type"]) == (409, "/problems/holds-wider-role")
    self_made = await school.link(own, provider, 7, own)
    assert (self_made.status_code, self_made.json()["type"]) == (409, "/problems/own-account")
    link = await school.linked(both, provider, 8)
    ended = await own.verb(f"{path_of(both)}/{link['id']}", "end")
    assert (ended.status_code, ended.json()["type"]) == (409, "/problems/holds-wider-role")
    assert (await school.link(world.senco, provider, 9, own)).status_code == 201


async def test_a_provider_of_another_trust_or_ended_or_unknown_is_the_same_422(
    school: SchoolSignIn, google: RealProvider
) -> None:
    world, provider = school.world, await school.google(google)
    beside = await worlds.build(world.app, world.client)
    theirs = await school.connect(beside, kind="google", tenant=Google.domain, audience="app")
    assert (await world.administrator.verb(f"/v1/identity-providers/{provider['id']}", "end")).status_code == 200
    told = []
    for one in (theirs, provider, {"id": str(uuid4())}):
        answer = await school.link(world.senco, one, 7)
        assert (answer.status_code, pointers(answer)) == (422, ["/provider_id"])
        told.append(answer.json()["detail"])
    assert len(set(told)) == 1


async def test_a_program_is_nobody_at_a_provider(school: SchoolSignIn, google: RealProvider) -> None:
    provider = await school.google(google)
    assert (await school.link(school.world.mis, provider, 7)).status_code == 409


async def test_a_link_is_found_under_its_own_account_alone(school: SchoolSignIn, google: RealProvider) -> None:
    world, provider = school.world, await school.google(google)
    link = await school.linked(world.senco, provider, Google.jo.id)
    for whose in (world.office, world.administrator):
        path = f"{path_of(whose)}/{link['id']}"
        assert (await world.administrator.get(path)).status_code == 404
        assert (await world.administrator.post(f"{path}/end", If_Match='"1.0"')).status_code == 404


# By oneself


async def test_a_teacher_links_themself_with_the_token_that_google_has_just_given_them(
    school: SchoolSignIn, google: RealProvider
) -> None:
    await school.google(google)
    world, token = school.world, await google.id_token("jo")
    assert (await school.exchange(token)).status_code == 401
    answer = await link_myself(world.class_teacher, token, Idempotency_Key="this morning")
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["account_id"], shown["subject"]) == (str(world.class_teacher.account.id), str(Google.jo.id))
    assert token not in answer.text
    again = await link_myself(world.class_teacher, token, Idempotency_Key="this morning")
    assert (again.status_code, again.json()) == (200, shown)
    came_in = await school.exchange(token)
    assert came_in.status_code == 200, came_in.text
    assert await school.door.me(came_in.json()["access_token"]) == 200
    assert await events(world, shown["id"]) == ["identity.linked"]
    taken = await link_myself(world.senco, token)
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/identity-taken")


async def test_a_token_that_does_not_show_who_somebody_is_links_nobody_and_says_no_more(
    school: SchoolSignIn, google: RealProvider
) -> None:
    await school.google(google)
    world = school.world
    sound = await google.id_token("jo")
    tokens = [await google.id_token("elsewhere"), await google.id_token("private"), sound[:-4], "x", world.senco.token]
    answers = [await link_myself(world.senco, token) for token in tokens]
    assert {answer.status_code for answer in answers} == {422}
    assert {answer.json()["type"] for answer in answers} == {"/problems/provider-token-refused"}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    # the sign-in itself is as good as before
    assert (await world.senco.get("/v1/me")).status_code == 200
    assert (await link_myself(world.senco, sound)).status_code == 201


async def test_somebody_is_linked_at_the_provider_of_their_own_trust_and_at_no_other(
    school: SchoolSignIn, google: RealProvider, world: World
) -> None:
    here = await school.google(google)
    beside = await worlds.build(world.app, world.client)
    there = await school.connect(beside, kind="google", tenant=Google.domain, audience=google.client_id)
    token = await google.id_token("jo")
    for person, provider in ((world.senco, here), (beside.senco, there)):
        answer = await link_myself(person, token)
        assert (answer.status_code, answer.json()["provider_id"]) == (201, provider["id"])
    # a partner school is of no trust, and has no provider
    refused = await link_myself(world.referrer, token)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/provider-token-refused")


async def test_a_device_found_signed_in_makes_no_lasting_way_in(school: SchoolSignIn, google: RealProvider) -> None:
    await school.google(google)
    phone = school.world.account("jo", "office", school.world.north, password_hash=OLD_HASH)
    await school.world.save()
    token = await google.id_token("jo")
    without = await link_myself(phone, token)
    assert (without.status_code, pointers(without)) == (422, ["/current_password"])
    for _ in range(5):
        wrong = await link_myself(phone, token, "not this one")
        assert (wrong.status_code, pointers(wrong)) == (422, ["/current_password"])
    slowed = await link_myself(phone, token, OLD)
    assert (slowed.status_code, slowed.json()["type"]) == (429, "/problems/too-many")
    assert (await school.exchange(token)).status_code == 401
    await asyncio.sleep(int(slowed.headers["Retry-After"]))
    assert (await link_myself(phone, token, OLD)).status_code == 201
    assert (await school.exchange(token)).status_code == 200


async def test_whoever_has_no_password_links_themself_soon_after_they_came_in(
    school: SchoolSignIn, google: RealProvider
) -> None:
    await school.google(google)
    world, token = school.world, await google.id_token("jo")
    whose = col(SignIn.account_id) == world.senco.account.id
    for minutes, status in ((11, 409), (9, 201)):
        async with world.app.state.database.transaction() as session:
            started = clock.now() - timedelta(minutes=minutes)
            await session.execute(update(SignIn).where(whose).values(started_at=started))
        answer = await link_myself(world.senco, token)
        assert answer.status_code == status, answer.text
        assert status == 201 or answer.json()["type"] == "/problems/sign-in-again"


async def test_a_password_given_by_the_administrator_ends_what_somebody_linked_to_themself_and_no_more(
    school: SchoolSignIn, google: RealProvider
) -> None:
    provider = await school.google(google)
    world, token = school.world, await google.id_token("jo")
    by_themself = (await link_myself(world.senco, token)).json()
    by_another = await school.linked(world.senco, provider, Google.new.id)
    set_anew = await world.administrator.verb(
        f"/v1/accounts/{world.senco.account.id}", "set-password", {"password": "seven loud lighthouses"}
    )
    assert set_anew.status_code == 200, set_anew.text
    assert (await school.exchange(token)).status_code == 401
    assert (await school.exchange(await google.id_token("new"))).status_code == 200
    assert await events(world, by_themself["id"]) == ["identity.linked", "identity.ended"]
    assert await events(world, by_another["id"]) == ["identity.linked"]


async def test_a_program_does_not_link_itself(school: SchoolSignIn, google: RealProvider) -> None:
    await school.google(google)
    assert (await link_myself(school.world.mis, await google.id_token("jo"))).status_code == 409


async def test_whoever_signs_out_while_the_provider_is_asked_is_not_linked_and_nobody_waits_for_the_database(
    school: SchoolSignIn,
) -> None:
    world = school.world
    with false_provider() as provider:
        school.set(google_issuer=provider.issuer)
        await school.connect(kind="google", tenant=Google.domain, audience=AUDIENCE)
        # some 400 bytes of keys, in a second or more
        provider.show(Said({"keys": provider.keys}, drip=0.003))
        token = ProviderForge(provider, "google", clock.now().timestamp()).token()
        linking = asyncio.create_task(link_myself(world.senco, token))
        for _ in range(500):
            if provider.asked_for_keys():
                break
            await asyncio.sleep(0.01)
        started = time.perf_counter()
        assert (await world.senco.post("/v1/auth/sign-out")).status_code == 204
        assert time.perf_counter() - started < 1
        assert not linking.done()
        assert (await linking).status_code == 401
    assert (await world.administrator.get(path_of(world.senco))).json()["items"] == []
