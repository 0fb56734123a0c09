"""Access records in words a parent could be given: right on the day, without jargon, and none without words."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

import iap_api
from iap_api.access import ledger
from iap_api.access.roles import Role
from iap_api.access.tables import HeldRole
from iap_api.core.tables import new_id
from iap_api.records.index_words import day_in_words
from iap_api.records.plain_access import hour_in_words, short_name
from iap_api.records.plain_words import EVENTS, THINGS, WHO, done
from tests.records.sealed import all_sealed
from tests.world import World

SOURCE = Path(iap_api.__file__).parent
KINDS = ("read", "created", "updated", "ended")
# in these calls a word with a dot in it is a column, a file or a message of the server
NOTHING_NOTED = {"Field", "ForeignKeyConstraint", "files", "joinpath", "Path", "set_main_option", "import_module"}
EVENT = re.compile(r"^[a-z][a-z_]+\.(?!html$|json$)[a-z_]+$")


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _calls() -> list[tuple[Path, ast.Call]]:
    trees = [(path, ast.parse(path.read_text("utf-8"))) for path in SOURCE.rglob("*.py") if "demo" not in path.parts]
    return [(path, node) for path, tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]


def resources() -> set[str]:
    """Every resource that the source names where something is noted."""
    found = set()
    for _, call in _calls():
        named = [one.value for one in call.keywords if one.arg == "resource"]
        if _called(call) in ("saw", "tell") and call.args:
            named.append(call.args[0])
        if _called(call) in ("event", "entry") and len(call.args) > 1:
            named.append(call.args[1 if _called(call) == "event" else 2])
        found |= {one.value for one in named if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return found


def events() -> set[str]:
    """Every dotted event that the source names where something is noted."""
    found = set()
    for _, call in _calls():
        said = [*call.args, *(one.value for one in call.keywords if one.arg == "kind")]
        words = [one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if _called(call) not in NOTHING_NOTED:
            found |= {word for word in words if EVENT.match(word)}
    return found


def test_the_walk_sees_what_is_noted() -> None:
    assert {"pupil", "booking", "review", "zone_check_in", "access_record", "account"} <= resources()
    assert {"review.closed", "role.granted", "account.signed_in", "profile.completed"} <= events()


@pytest.mark.parametrize("resource", sorted(resources()))
def test_every_resource_has_words_for_every_kind(resource: str) -> None:
    assert resource in THINGS
    for kind in KINDS:
        for a_list in (True, False):
            said = done(kind, resource, a_list=a_list).format(name="Amira", whose="Amira’s")
            assert "{" not in said
            assert "_" not in said


@pytest.mark.parametrize("event", sorted(events()))
def test_every_event_has_words(event: str) -> None:
    assert event in EVENTS


def test_fields_that_tell_of_a_child_protection_file_are_not_named() -> None:
    fields = ("safeguarding_flag", "safeguarding_where")
    assert done("updated", "pupil", a_list=False, fields=fields) == "changed {whose} main record"
    assert done("updated", "pupil", a_list=False, fields=("address", *fields)).endswith("main record (address)")


def test_every_role_has_words() -> None:
    assert set(WHO) == set(Role)


@pytest.mark.parametrize("said", [*(one for thing in THINGS.values() for one in thing), *EVENTS.values()])
def test_the_words_are_plain(said: str) -> None:
    jargon = ("ledger", "entity", "API", "resource", "UPN", "SENCO", "PATCH", "HTTP", "token", "UUID", "null")
    assert not [word for word in jargon if word.lower() in said.lower().split()]


@pytest.mark.parametrize(
    ("at", "day", "hour"),
    [
        (datetime(2026, 11, 24, 9, 14, tzinfo=UTC), "Tuesday 24 November 2026", "9.14"),
        # summer time: the school's clock, and the school's day
        (datetime(2026, 6, 30, 23, 5, tzinfo=UTC), "Wednesday 1 July 2026", "0.05"),
        (datetime(2027, 1, 31, 14, 0, tzinfo=UTC), "Sunday 31 January 2027", "14.00"),
    ],
)
def test_days_and_times_are_the_schools(at: datetime, day: str, hour: str) -> None:
    from_london = at.astimezone(datetime.now(UTC).tzinfo)
    assert hour_in_words(from_london) == hour
    local = at + timedelta(hours=1 if at.month == 6 else 0)
    assert day_in_words(local.date()) == day


@pytest.mark.parametrize(
    ("name", "short"), [("Jo Smith", "J. Smith"), ("Mary Ann van der Berg", "M. Berg"), ("senco", "senco")]
)
def test_a_name_is_an_initial_and_a_family_name(name: str, short: str) -> None:
    assert short_name(name) == short


async def _written(world: World, *at: datetime, pupil: UUID, account: UUID | None, kind: str, resource: str) -> None:
    found = []
    for one in at:
        made = ledger.entry(
            world.north, kind, resource, account_id=account, resource_id=uuid4(), pupil_ids=[pupil],
            permission="pupil_read",
        )  # fmt: skip
        found.append({**made, "at": one, "id": new_id()})
    async with world.app.state.database.transaction() as session:
        await ledger.write(session, found)
    await all_sealed(world)


async def test_a_parent_reads_who_saw_their_childs_record(world: World) -> None:
    j_smith = world.account("Jo Smith", "senco", world.north)
    for row in world.rows:
        if isinstance(row, HeldRole):
            row.created_at = datetime(2026, 9, 1, tzinfo=UTC)
    await world.save()
    at = datetime(2026, 11, 17, 9, 14, tzinfo=UTC)
    for kind, resource, times in (
        ("read", "pupil", [at]),
        ("created", "review", [at + timedelta(minutes=20), at + timedelta(minutes=40)]),
        ("read", "contact", [at + timedelta(hours=2, minutes=one) for one in range(14)]),
        ("updated", "pupil", [at + timedelta(days=1)]),
    ):
        await _written(
            world, *times, pupil=world.amira, account=j_smith.account.id, kind=kind, resource=resource
        )  # fmt: skip
    await _written(world, at, pupil=world.ben, account=j_smith.account.id, kind="read", resource="pupil")
    answer = await world.data_protection_officer.get(f"/v1/access-records/plain?pupil_id={world.amira}")
    who = "the inclusion leader of North Quay Primary (J. Smith)"
    assert answer.json() == {
        "pupil_id": str(world.amira),
        "items": [
            {
                "on": "2026-11-17",
                "sentences": [
                    f"On Tuesday 17 November 2026 at 9.14 {who} read Amira’s main record.",
                    f"On Tuesday 17 November 2026 at 9.34 and 9.54 {who} planned a review meeting about Amira.",
                    f"On Tuesday 17 November 2026 14 times between 11.14 and 11.27 {who} read a contact of Amira’s "
                    "(a parent, carer or other person).",
                ],
            },
            {
                "on": "2026-11-18",
                "sentences": [f"On Wednesday 18 November 2026 at 9.14 {who} changed Amira’s main record."],
            },
        ],
        "next": None,
    }
    await all_sealed(world)
    after = (await world.data_protection_officer.get(f"/v1/access-records/plain?pupil_id={world.amira}")).json()
    assert after["items"][-1]["sentences"][-1].endswith(
        "the data protection officer of Tidewater Trust (data_protection_officer) "
        "read the list of who has seen Amira’s record."
    )


async def test_what_the_system_did_by_itself_is_said_so(world: World) -> None:
    at = datetime(2026, 11, 17, 9, 14, tzinfo=UTC)
    await _written(world, at, pupil=world.amira, account=None, kind="ended", resource="caseload")
    answer = await world.data_protection_officer.get(f"/v1/access-records/plain?pupil_id={world.amira}")
    (day,) = answer.json()["items"]
    assert day["sentences"] == [
        "On Tuesday 17 November 2026 at 9.14 the system itself ended an entry of who works with Amira."
    ]


async def test_a_child_who_is_out_of_reach_has_no_name_and_nothing_to_tell(world: World) -> None:
    own = world.account("school_officer", "data_protection_officer", world.north)
    await world.save()
    await world.south_senco.get(f"/v1/pupils/{world.southerner}")
    await all_sealed(world)
    for pupil in (world.southerner, uuid4()):
        answer = await own.get(f"/v1/access-records/plain?pupil_id={pupil}")
        assert answer.json() == {"pupil_id": str(pupil), "items": [], "next": None}
