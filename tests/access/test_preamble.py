"""The first statement of a transaction: what an account may do today, and where its connection is fenced in."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from iap_api.access.preamble import enter
from iap_api.access.roles import Role
from iap_api.access.tables import HeldRole
from iap_api.core import clock
from iap_api.core.database import Database
from tests.core.fresh import settings_with
from tests.world import Person, World


async def entered(world: World, person: Person, day: date | None = None) -> set[tuple[Role, str, UUID]]:
    """The roles of a person, opened out to places."""
    token = world.app.state.verifier.verify(person.token, clock.now().timestamp())
    database = world.app.state.database
    async with database.work(read_only=True) as transaction:
        state = await enter(transaction, database.dialect, token.account_id, token.sign_in_id, day)
    assert state is not None
    assert (state.kind, state.place_id) == (person.account.kind, person.account.place_id)
    return {(one.role, one.kind, one.place_id) for one in state.held}


async def test_a_role_at_a_base_is_held_at_that_base_alone(world: World) -> None:
    assert await entered(world, world.teaching_assistant) == {(Role.teaching_assistant, "base", world.bubble)}


async def test_a_role_at_a_school_is_held_at_its_bases_too(world: World) -> None:
    assert await entered(world, world.senco) == {
        (Role.senco, "school", world.north), (Role.senco, "base", world.bubble)
    }  # fmt: skip


async def test_a_role_at_a_trust_is_held_at_all_its_schools_and_bases_and_at_no_partner(world: World) -> None:
    lead = Role.trust_inclusion_lead
    assert await entered(world, world.trust_inclusion_lead) == {
        (lead, "trust", world.trust_id), (lead, "school", world.north), (lead, "school", world.south),
        (lead, "base", world.bubble), (lead, "base", world.harbour),
    }  # fmt: skip


async def test_a_partner_school_stands_alone(world: World) -> None:
    assert await entered(world, world.referrer) == {(Role.referrer, "school", world.partner)}


async def test_roles_at_two_places_add_up_each_for_its_own_days(world: World) -> None:
    today = clock.today()
    world.add(
        HeldRole(
            account_id=world.base_lead.account.id, role="class_teacher", place_id=world.north, starts_on=today,
            ends_on=today + timedelta(days=2),
        )
    )  # fmt: skip
    await world.save()
    lead = (Role.base_lead, "base", world.bubble)
    teacher = {(Role.class_teacher, "school", world.north), (Role.class_teacher, "base", world.bubble)}
    assert await entered(world, world.base_lead, today - timedelta(days=1)) == {lead}
    assert await entered(world, world.base_lead, today) == {lead, *teacher}
    assert await entered(world, world.base_lead, today + timedelta(days=2)) == {lead, *teacher}
    assert await entered(world, world.base_lead, today + timedelta(days=3)) == {lead}


async def test_a_role_that_this_version_does_not_know_opens_nothing(world: World) -> None:
    world.account("relic", "lunch_monitor", world.north)
    await world.save()
    assert await entered(world, world.relic) == set()
    assert (await world.relic.get("/v1/pupils")).status_code == 403


async def test_the_fence_stands_for_one_transaction_and_a_pooled_connection_forgets_it(
    postgres_url: str, world: World, tmp_path: Path
) -> None:
    if world.app.state.database.dialect != "postgresql":
        return
    database = Database(settings_with(postgres_url, tmp_path, pool_size=1))
    fence = text("SELECT current_setting('iap.school_ids', true)")
    token = world.app.state.verifier.verify(world.trust_inclusion_lead.token, clock.now().timestamp())
    async with database.work(read_only=True) as transaction:
        await enter(transaction, "postgresql", token.account_id, token.sign_in_id)
        fenced = (await transaction.session.execute(fence)).scalar_one()
    assert set(fenced.split(",")) == {str(world.north), str(world.south), str(world.trust_id)}
    async with database.transaction(read_only=True) as session:
        assert not (await session.execute(fence)).scalar_one()
    await database.close()
