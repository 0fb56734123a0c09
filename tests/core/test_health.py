"""Health as a load balancer asks for it: alive at once, ready only on a migrated database that answers."""

from pathlib import Path

from tests.core.fresh import by_hand, own_database, running, settings_with
from tests.world import World


async def test_a_migrated_database_is_ready(world: World) -> None:
    assert (await world.client.get("/readyz")).json() == {"status": "ready"}
    assert (await world.client.get("/livez")).json() == {"status": "alive"}


async def test_a_database_that_was_never_migrated_is_not_ready_but_the_process_is_alive(
    database_url: str, tmp_path: Path
) -> None:
    async with (
        own_database(database_url, tmp_path, migrated=False) as url,
        running(settings_with(url, tmp_path)) as (_, client),
    ):
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert answer.json()["type"] == "/problems/unavailable"
        assert (await client.get("/livez")).status_code == 200


async def test_a_database_behind_or_ahead_of_the_code_is_not_ready(database_url: str, tmp_path: Path) -> None:
    async with (
        own_database(database_url, tmp_path) as url,
        running(settings_with(url, tmp_path)) as (_, client),
    ):
        assert (await client.get("/readyz")).status_code == 200
        await by_hand(url, "UPDATE alembic_version SET version_num = '0000'")
        assert (await client.get("/readyz")).status_code == 503


async def test_metrics_count_by_route_and_status_and_name_nobody(world: World) -> None:
    await world.senco.get(f"/v1/pupils/{world.amira}")
    told = (await world.client.get("/metrics")).text
    assert 'iap_requests_total{method="GET",route="/v1/pupils/{pupil_id}",status="200"}' in told
    for secret in ("Amira", "Okafor", str(world.amira), str(world.senco.account.id), "world.example"):
        assert secret not in told


async def test_a_server_whose_role_passes_row_security_is_never_ready(postgres_url: str, tmp_path: Path) -> None:
    async with own_database(postgres_url, tmp_path) as url:
        as_superuser = settings_with(url, tmp_path, database_url=url)
        async with running(as_superuser) as (_, client):
            refused = await client.get("/readyz")
        assert (refused.status_code, "owns nothing" in refused.json()["detail"]) == (503, True)
        async with running(as_superuser.model_copy(update={"environment": "demo"})) as (_, client):
            assert (await client.get("/readyz")).status_code == 200
