"""Somebody who holds two roles: what each opens is opened as far as that role reaches, and no further."""

from dataclasses import dataclass

from iap_api.access.roles import Role
from iap_api.access.tables import HeldRole
from iap_api.schools.tables import Trust
from tests.counted import count
from tests.house.asked import reached
from tests.house.promised import wrong_members
from tests.house.spots import Neighbourhood
from tests.house.who_may import OPERATIONS
from tests.world import LONG_AGO, Person

# beside each role: one that sees no pupil, and those that see pupils but not every section
BESIDE = (Role.governor, Role.teaching_assistant, Role.referrer, Role.trust_inclusion_lead)
HELD_AT_TRUST = (Role.trust_inclusion_lead, Role.trust_analyst, Role.data_protection_officer, Role.administrator,
                 Role.trust_feed)  # fmt: skip


@dataclass
class Pair:
    """One account with two roles; on its caseload a child of The Bubble, and one of the other base."""

    roles: tuple[Role, Role]
    person: Person


async def pairs(near: Neighbourhood, roles: list[Role]) -> list[Pair]:
    """Each of these roles beside each of `BESIDE`."""
    w, made = near.world, []
    for role in roles:
        for beside in BESIDE:
            if role is beside:
                continue
            places = [w.people[one.value].account.place_id for one in (role, beside)]
            person = w.account(f"{role.value}_and_{beside.value}", role.value, places[0])
            w.add(HeldRole(account_id=person.account.id, role=beside.value, place_id=places[1], starts_on=LONG_AGO))
            for child in (w.amira, near.spots["next_base"].pupil):
                w.caseload(f"{role.value}_and_{beside.value}", child, w.north, "granted")
            made.append(Pair((role, beside), person))
    await w.save()
    return made


def _reaching(pair: Pair, name: str, spot: str) -> set[Role]:
    cells = {role: OPERATIONS[name][role] for role in pair.roles}
    own = {"own", "next_base"}
    return {
        role
        for role, cell in cells.items()
        if cell != "-" and spot in (own if cell == "o" else reached("pupil", role, cell))
    }


async def difference(near: Neighbourhood, pair: Pair) -> str | None:
    """Read every pupil, alone and in the list; return how the answer differs from the page, or None."""
    ids = {spot: str(one) for spot, one in near.ids["pupil"].items()}
    if not any(OPERATIONS["read_pupil"][role] != "-" for role in pair.roles):
        return None
    listed = {one["id"]: one for one in (await pair.person.get("/v1/pupils?limit=200")).json()["items"]}
    for spot, wanted in ids.items():
        count("operations × roles × relations checked", 2)
        roles = _reaching(pair, "read_pupil", spot)
        answer = await pair.person.get(f"/v1/pupils/{wanted}")
        if answer.status_code != (200 if roles else 404):
            return f"{pair.roles} read {spot}: {answer.status_code}"
        if (wanted in listed) != bool(_reaching(pair, "list_pupils", spot)):
            return f"{pair.roles} list {spot}: {wanted in listed}"
        for item in (answer.json(), listed[wanted]) if roles else ():
            if fault := wrong_members("read_pupil", item, roles):
                return f"{pair.roles} at {spot}: {fault}"
    return None


async def young_trust(near: Neighbourhood) -> dict[Role, Person]:
    """Those who work for a trust that has no school yet."""
    w = near.world
    trust_id = w.place("trust", "Young Trust", None)
    w.add(Trust(id=trust_id, name="Young Trust"))
    people = {role: w.account(f"young_{role.value}", role.value, trust_id) for role in HELD_AT_TRUST}
    await w.save()
    return people


async def difference_in_young_trust(role: Role, person: Person) -> str | None:
    """Whoever works for a trust knows it before it has a school."""
    count("operations × roles × relations checked")
    answer = await person.get("/v1/trusts")
    due = 200 if OPERATIONS["list_trusts"][role] != "-" else 403
    shown = len(answer.json().get("items", ())) if answer.status_code == 200 else None
    return None if (answer.status_code, shown) == (due, 1 if due == 200 else None) else f"{role.value}: {answer.text}"
