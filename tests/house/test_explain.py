"""What the API says that a token can pull, held against what it then gives: rows, members, sections, changes."""

from typing import Any
from uuid import UUID

import pytest

from iap_api.access.roles import Role
from tests.conftest import FULL
from tests.house.asked import request, spots
from tests.house.contract import DOCUMENT, OPERATIONS, Operation
from tests.house.spots import Neighbourhood
from tests.world import Person

_NORTH = {"own", "mate", "former", "next_base", "school"}
# which spots a sentence about one place speaks of, by the kind of thing: "caseload" is no place
ABOUT_PUPILS = {"caseload": {"own"}, "bubble": {"own", "mate"}, "north": _NORTH, "south": {"south"}}
ROOMS = {"north": {"base", "hall", "next_base"}, "south": {"south"}}
# the feeds that are there were made by the SENCO: what "the caller made" opens, nobody has
FEEDS = {"bubble": {"base"}, **ROOMS}
BASES = {"north": {"base", "next_base"}, "south": {"south"}}
GROUPS = {"bubble": {"base"}, "north": {"base", "next_base"}, "south": {"south"}}
SCHOOLS = {"north": {"school"}, "south": {"south"}, "partner": {"partner"}, "trust": {"trust"}}
OF_THE_TRUST = {"north": {"trust"}, "south": {"trust"}, "trust": {"trust"}}
REQUESTS = {"north": {"kept_here", "asked_by_us"}}
# what lies in a school's files, whoever is placed where
OF_FILES = {"north": {"own", "mate", "former", "next_base", "school"}, "south": {"south"}}
THERAPY = {"caseload": {"own"}}
# resource: how one is read, its kind in the neighbourhood, and what the places mean for it
READ: dict[str, tuple[str, str, dict[str, set[str]]]] = {
    "academic_year": ("read_academic_year", "academic_year", SCHOOLS),
    "account": ("read_account", "account", SCHOOLS),
    "addendum": ("read_addendum", "addendum", ABOUT_PUPILS),
    "base": ("read_base", "base", BASES),
    "booking": ("read_booking", "booking", ABOUT_PUPILS),
    "calendar_feed": ("read_calendar_feed", "calendar_feed", FEEDS),
    "caseload": ("read_caseload", "caseload", ABOUT_PUPILS),
    "class": ("read_class", "class", SCHOOLS),
    "client": ("read_client", "client", SCHOOLS),
    "closure": ("read_closure", "closure", ROOMS),
    "contact": ("read_contact", "contact", ABOUT_PUPILS),
    "contribution": ("read_contribution", "contribution", ABOUT_PUPILS),
    "day_period": ("read_day_period", "day_period", SCHOOLS),
    "group": ("read_group", "group", GROUPS),
    "held_role": ("read_held_role", "held_role", SCHOOLS),
    "identity": ("read_identity", "identity", SCHOOLS),
    "identity_provider": ("read_identity_provider", "identity_provider", OF_THE_TRUST),
    "instrument": ("read_instrument", "instrument", OF_THE_TRUST),
    "invitation": ("read_invitation", "invitation", ABOUT_PUPILS),
    "legal_hold": ("read_legal_hold", "legal_hold", OF_FILES),
    "placement": ("read_placement", "placement", ABOUT_PUPILS),
    "profile": ("read_profile", "profile", ABOUT_PUPILS),
    "pupil": ("read_pupil", "pupil", ABOUT_PUPILS),
    "rectification": ("read_rectification", "rectification", OF_FILES),
    "redaction": ("read_redaction", "redaction", OF_FILES),
    "registration": ("read_registration", "registration", ABOUT_PUPILS),
    "registration_request": ("read_registration_request", "request", REQUESTS),
    "resource": ("read_resource", "resource", ROOMS),
    "retention_run": ("read_retention_run", "retention_run", SCHOOLS),
    "restrictive_intervention": ("read_restrictive_intervention", "restrictive_intervention", ABOUT_PUPILS),
    "review": ("read_review", "review", ABOUT_PUPILS),
    "school": ("read_school", "school", SCHOOLS),
    "series": ("read_series", "series", ABOUT_PUPILS),
    "space": ("read_space", "space", ROOMS),
    "staff": ("read_staff", "staff", SCHOOLS),
    "subject_request": ("read_subject_request", "subject_request", OF_FILES),
    "target": ("read_target", "target", ABOUT_PUPILS),
    "therapy_note": ("read_therapy_note", "therapy_note", THERAPY),
    "toolbox": ("read_toolbox", "toolbox", ABOUT_PUPILS),
    "toolbox_item": ("read_toolbox_item", "item", ABOUT_PUPILS),
    "trust": ("read_trust", "trust", OF_THE_TRUST),
    "use": ("read_use", "use", ABOUT_PUPILS),
    "observation": ("read_observation", "observation", ABOUT_PUPILS),
    "passport": ("read_passport", "passport", ABOUT_PUPILS),
    "visit": ("read_visit", "visit", ABOUT_PUPILS),
    "zone_check_in": ("read_zone_check_in", "check_in", ABOUT_PUPILS),
}
SECTIONS = {"roll", "sen", "circumstances", "health", "safeguarding"}


async def explained(person: Person, resource: str) -> dict[str, Any]:
    answer = await person.get(f"/v1/me/explain?resource={resource}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def named(n: Neighbourhood) -> dict[str, str]:
    """The places that sentences speak of, by id."""
    w = n.world
    return {str(w.bubble): "bubble", str(w.north): "north", str(w.south): "south", str(w.partner): "partner",
            str(w.trust_id): "trust"}  # fmt: skip


async def read(person: Person, n: Neighbourhood, resource: str) -> dict[str, dict[str, Any]]:
    """Every spot at which this person is given one of these, with what they are given."""
    operation, kind, _ = READ[resource]
    found = {}
    for spot in n.ids[kind]:
        path = OPERATIONS[operation].path
        for name in OPERATIONS[operation].parameters:
            path = path.replace(f"{{{name}}}", str(n.ids[name.removesuffix("_id")].get(spot, n.world.north)))
        answer = await person.get(path)
        if answer.status_code == 200:
            found[spot] = answer.json()
        else:
            assert answer.status_code in (403, 404), answer.text
    return found


async def test_everything_that_can_be_read_is_explained_and_told_in_words_of_its_own(near: Neighbourhood) -> None:
    unknown = await near.world.senco.get("/v1/me/explain?resource=lunch")
    assert unknown.status_code == 422
    (error,) = unknown.json()["errors"]
    assert error["pointer"] == "/resource"
    known = error["detail"].removeprefix("is none of: ").split(", ")
    # nobody reads one of these alone
    assert known == sorted([*READ, "erased_pupil"])
    for resource in known:
        told = await explained(near.world.administrator, resource)
        assert not any(row["words"].startswith("Some ") for row in told["rows"]), f"{resource} has no words yet"


@pytest.mark.parametrize("resource", sorted(READ))
async def test_what_is_said_is_what_is_given(near: Neighbourhood, resource: str) -> None:
    places, at = named(near), READ[resource][2]
    for role in Role:
        person = near.world.people[role.value]
        told, given = await explained(person, resource), await read(person, near, resource)
        rows = [places[row["place_id"]] if row["place_id"] else "caseload" for row in told["rows"]]
        within = set().union(*(at.get(place, set()) for place in rows))
        assert set(given) == within & set(near.ids[READ[resource][1]]), role
        for row in told["rows"]:
            assert row["role"] == role.value
            assert row["words"][-1] == "."
        if not rows:
            assert told["fields"] == []
            assert told["words"].startswith("No "), role
        shown = {one["section"] for one in told["sections"] if one["shown"]}
        for item in given.values():
            assert set(item) - SECTIONS == set(told["fields"]), role
            assert set(item) & SECTIONS == shown, role
            for one in told["sections"]:
                assert not one["shown"] or set(item[one["section"]]) == set(one["fields"])
        assert {one["section"] for one in told["sections"]} == (SECTIONS if resource == "pupil" else set())


def _changing() -> dict[str, Operation]:
    """One operation for each permission that changes something."""
    found: dict[str, Operation] = {}
    for item in DOCUMENT["paths"].values():
        for method, one in item.items():
            scopes = one["security"][0]["signIn"] if one["security"] else []
            if method != "get" and scopes:
                found.setdefault(scopes[0], OPERATIONS[one["operationId"]])
    return found


async def test_whoever_is_said_to_change_something_is_let_through_and_nobody_else_is(
    near: Neighbourhood, database_url: str
) -> None:
    by_permission = _changing()
    every = FULL or not database_url.startswith("postgres")
    for role in Role if every else (Role.mis, Role.teaching_assistant, Role.administrator):
        person = near.world.people[role.value]
        told = {one["permission"] for resource in READ for one in (await explained(person, resource))["changes"]}
        for permission, operation in by_permission.items():
            # a guest's one thing is told by the invitation itself
            if permission.endswith("_read") or permission == "invitation_use":
                continue
            asked = request(operation, near, spots(operation, near)[0])
            answer = await person.ask(asked.method, asked.path, asked.body, **asked.headers)
            assert (answer.status_code != 403) == (permission in told), (role, operation.id)


async def test_a_school_reads_in_plain_words_what_its_supplier_can_pull(near: Neighbourhood) -> None:
    w = near.world
    sent = {
        "username": f"explained.{w.number}@world.example", "name": "Harbour MIS", "role": "mis",
        "place_id": str(w.trust_id), "place_ids": [str(w.north), str(w.south)],
        "permissions": ["pupil_read", "pupil_write", "section_roll", "section_sen"], "ends_on": "2027-08-31",
    }  # fmt: skip
    made = (await w.administrator.post("/v1/clients", sent)).json()
    path = f"/v1/clients/{made['id']}/explain?resource="
    told = (await w.administrator.get(f"{path}pupil")).json()
    assert told["words"] == (
        "Every pupil registered at North Quay Primary today, or enrolled to start there. "
        "Every pupil registered at South Quay Primary School today, or enrolled to start there. "
        "Sections shown: roll, sen; not shown: circumstances, health, safeguarding. May also change: pupil_write."
    )
    (roll,) = (one for one in told["sections"] if one["section"] == "roll")
    assert roll["words"] == "What the roll knows: UPN, home address, first language."
    contacts = (await w.administrator.get(f"{path}contact")).json()
    assert contacts["words"] == (
        "No contacts: the list of permissions does not hold contact_read. Changes nothing."
    )  # fmt: skip
    assert (await w.data_protection_officer.get(f"{path}pupil")).json() == told
    # the program is told the same of itself
    form = {"grant_type": "client_credentials", "client_id": made["username"], "client_secret": made["secret"]}
    token = (await w.client.post("/v1/auth/token", data=form)).json()["access_token"]
    mine = await w.client.get("/v1/me/explain?resource=pupil", headers={"Authorization": f"Bearer {token}"})
    assert mine.json() == told
    # an administrator of one school is told about that school
    at_south = w.account("explaining_administrator", "administrator", w.south)
    await w.save()
    theirs = (await at_south.get(f"{path}pupil")).json()
    assert [UUID(row["place_id"]) for row in theirs["rows"]] == [w.south]
    assert (await w.administrator.verb(f"/v1/clients/{made['id']}", "revoke")).status_code == 200
    revoked = (await w.administrator.get(f"{path}pupil")).json()
    assert (revoked["rows"], revoked["changes"]) == ([], [])


async def test_somebody_with_two_roles_is_told_which_of_them_opens_what(near: Neighbourhood) -> None:
    w = near.world
    both = w.account("explained_both", "base_lead", w.bubble)
    await w.save()
    granted = {"role": "office", "place_id": str(w.north)}
    assert (await w.administrator.post(f"/v1/accounts/{both.account.id}/roles", granted)).status_code == 201
    told = await explained(both, "toolbox")
    assert [(row["role"], row["words"]) for row in told["rows"]] == [
        ("base_lead", "Toolboxes of every pupil placed in The Bubble today.")
    ]
    told = await explained(both, "pupil")
    assert {row["role"] for row in told["rows"]} == {"base_lead", "office"}
    assert {tuple(one["roles"]) for one in told["sections"] if one["shown"]} == {("base_lead", "office")}
