"""One's own password, changed on the phone in the corridor, and what a guesser meets."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from iap_api.access import passwords
from iap_api.access.tables import SignIn, Throttle
from iap_api.access.tokens import issue
from tests.world import Person, World

OLD = "three quiet harbours"
NEW = "seven loud lighthouses"
OLD_HASH = passwords.hashed_now(OLD)


async def with_password(world: World) -> tuple[Person, Person]:
    """One person signed in on a phone and on a desktop."""
    phone = world.account("jo", "office", world.north, password_hash=OLD_HASH)
    now = datetime.now(UTC)
    opened = world.add(SignIn(account_id=phone.account.id, started_at=now, expires_at=now + timedelta(days=1)))
    await world.save()
    state = world.app.state
    token = issue(
        state.keys, state.profile, account_id=phone.account.id, sign_in_id=opened.id, kind="person",
        now=now.timestamp(),
    )  # fmt: skip
    return phone, Person(world.client, token, phone.account)


async def sign_in(world: World, who: Person, password: str) -> int:
    form = {"grant_type": "password", "username": who.account.username, "password": password}
    return (await world.client.post("/v1/auth/token", data=form)).status_code


async def test_a_new_password_ends_every_other_sign_in(world: World) -> None:
    phone, desktop = await with_password(world)
    done = await phone.post("/v1/me/password", {"current_password": OLD, "new_password": NEW})
    assert (done.status_code, done.content) == (204, b"")
    assert (await phone.get("/v1/me")).status_code == 200
    assert (await desktop.get("/v1/me")).status_code == 401
    assert (await sign_in(world, phone, OLD), await sign_in(world, phone, NEW)) == (400, 200)


async def test_a_phone_found_signed_in_is_no_place_to_guess_from(world: World) -> None:
    phone, _ = await with_password(world)
    for _ in range(5):
        wrong = await phone.post("/v1/me/password", {"current_password": "not this one", "new_password": NEW})
        assert wrong.status_code == 422, wrong.text
        assert wrong.json()["errors"] == [{"pointer": "/current_password", "detail": "is not your present password"}]
    slowed = await phone.post("/v1/me/password", {"current_password": OLD, "new_password": NEW})
    assert (slowed.status_code, slowed.json()["type"]) == (429, "/problems/too-many")
    assert 1 <= int(slowed.headers["Retry-After"]) <= 2
    # it is the same count that a sign-in meets
    assert await sign_in(world, phone, OLD) == 429


async def test_a_weak_new_password_is_refused_before_the_old_one_is_looked_at(world: World) -> None:
    phone, _ = await with_password(world)
    weak = await phone.post("/v1/me/password", {"current_password": OLD, "new_password": "short"})
    assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (422, "/new_password")
    assert "short" not in weak.text
    assert await sign_in(world, phone, OLD) == 200


async def test_a_client_has_no_password_of_its_own_to_change(world: World) -> None:
    refused = await world.mis.post("/v1/me/password", {"current_password": OLD, "new_password": NEW})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("elevenchars", True),
        ("twelve chars", False),
        ("PASSWORD1234", True),
        ("passwordpassword", True),
        ("abababababab", True),
        ("Marchbank!2026", True),
        ("my marchbank password", True),
        ("three quiet harbours", False),
        ("\u00e9\u00e8\u00ea\u00eb\u00e0\u00e2\u00e4\u00ee\u00ef\u00f4\u00f6\u00fb", False),
        # a dozen full-width digits are the same digits
        ("\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10\uff11\uff12", True),
    ],
)
def test_which_passwords_may_be_chosen(password: str, refused: bool) -> None:
    assert (passwords.unfit(password, "marchbank@school.example") is not None) == refused


def test_a_short_name_before_the_at_sign_forbids_nothing() -> None:
    assert passwords.unfit("a tall order of tea", "ta@school.example") is None


async def test_the_hash_is_argon2id_with_nineteen_mebibytes(world: World) -> None:
    assert (await passwords.hashed(OLD)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.fits(OLD_HASH, OLD)
    assert not await passwords.fits(OLD_HASH, NEW)
    assert not await passwords.fits(None, "nobody signs in with this")
    assert not await passwords.fits("not a hash", OLD)


async def test_an_absent_account_costs_as_much_as_a_wrong_password() -> None:
    spent: dict[str | None, list[float]] = {OLD_HASH: [], None: []}
    for _ in range(3):
        for kept, times in spent.items():
            began = time.process_time()
            assert not await passwords.fits(kept, NEW)
            times.append(time.process_time() - began)
    # without a hash to compare, the answer would come a hundred times sooner
    assert min(spent[None]) > min(spent[OLD_HASH]) / 3


async def test_the_wait_doubles_up_to_a_quarter_of_an_hour_and_never_beyond(world: World) -> None:
    name = passwords.digest(b"k", "account", f"{world.number}@slow.example")
    place = passwords.digest(b"k", "address", f"{world.number}.slow")
    now = datetime.now(UTC)
    database = world.app.state.database
    waits = {}
    for failure in range(1, 61):
        async with database.transaction() as session:
            await passwords.failed(session, name, place, now)
            waits[failure] = await passwords.wait_for(session, name, place, None, now)
    assert [waits[failure] for failure in (1, 4, 5, 6, 7, 8, 12)] == [0, 0, 2, 4, 8, 16, 256]
    assert [waits[failure] for failure in (14, 51, 60)] == [900, 900, 900]
    later = now + timedelta(minutes=15)
    async with database.transaction() as session:
        assert await passwords.wait_for(session, name, place, None, later) == 0
    # two days later the same person mistypes once
    async with database.transaction() as session:
        await passwords.failed(session, name, place, now + timedelta(days=2))
        row = await session.get_one(Throttle, name)
    assert (row.failures, row.until) == (1, None)
