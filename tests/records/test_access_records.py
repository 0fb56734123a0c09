"""Access records as the data protection officer reads them: by pupil, person and time, and never a value."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.core.recorded import entries_of, fill_roll
from tests.records.sealed import all_sealed
from tests.world import Person, World


async def records(world: World, query: str = "", person: Person | None = None) -> list[dict[str, Any]]:
    """Every page of the list."""
    await all_sealed(world)
    found: list[dict[str, Any]] = []
    address: str | None = f"/v1/access-records{query}"
    while address:
        answer = await (person or world.data_protection_officer).get(address)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        address = answer.json()["next"]
    return found


def told(records: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    """Who did what with which kind of thing."""
    return [(one["account_name"], one["kind"], one["resource"]) for one in records]


async def test_a_parent_asks_who_has_seen_a_childs_record_and_the_officer_finds_out(world: World) -> None:
    assert (await world.base_lead.get(f"/v1/pupils/{world.amira}")).status_code == 200
    changed = await world.senco.change(f"/v1/pupils/{world.amira}", {"preferred_name": "Ami"})
    assert changed.status_code == 200, changed.text
    assert (await world.senco.get(f"/v1/pupils/{world.ben}")).status_code == 200
    found = await records(world, f"?pupil_id={world.amira}")
    assert told(found) == [
        ("base_lead", "read", "pupil"), ("senco", "read", "pupil"), ("senco", "updated", "pupil"),
    ]  # fmt: skip
    last = found[-1]
    assert (last["roles"], last["fields"]) == (["senco"], ["preferred_name", "search_name"])
    assert (last["school_id"], last["resource_id"], last["pupil_ids"]) == (
        str(world.north), str(world.amira), [str(world.amira)],
    )  # fmt: skip
    assert (last["permission"], last["request_id"]) == ("pupil_write", changed.headers["X-Request-Id"])
    assert [one["at"] for one in found] == sorted(one["at"] for one in found)
    assert "Ami" not in str(found)


async def test_a_child_is_found_in_a_list_of_fifty_and_in_no_list_that_did_not_show_them(world: World) -> None:
    others = await fill_roll(world, world.north, 60)
    listed = (await world.senco.get("/v1/pupils?limit=50")).json()["items"]
    assert len(listed) == 50
    assert str(others[-1]) not in {one["id"] for one in listed}
    (one,) = await records(world, f"?pupil_id={world.amira}")
    assert (one["kind"], one["resource"], one["resource_id"], len(one["pupil_ids"])) == ("read", "pupil", None, 50)
    assert await records(world, f"?pupil_id={others[-1]}") == []


async def test_what_one_account_did_is_found_by_its_id(world: World) -> None:
    for pupil in (world.amira, world.ben):
        await world.senco.get(f"/v1/pupils/{pupil}")
        await world.base_lead.get(f"/v1/pupils/{pupil}")
    found = await records(world, f"?account_id={world.senco.account.id}")
    assert told(found) == [("senco", "read", "pupil")] * 2
    found = await records(world, f"?account_id={world.senco.account.id}&pupil_id={world.ben}")
    assert [one["pupil_ids"] for one in found] == [[str(world.ben)]]


@pytest.mark.parametrize("who", ["pupil_id", "account_id", "school_id"])
async def test_a_time_is_from_an_instant_until_before_another(world: World, who: str) -> None:
    for _ in range(3):
        await world.senco.get(f"/v1/pupils/{world.amira}")
    ids = {"pupil_id": world.amira, "account_id": world.senco.account.id, "school_id": world.north}
    asked = f"?{who}={ids[who]}&resource=pupil"
    first, second, third = await records(world, asked)
    middle = second["at"].replace("+", "%2B")
    assert await records(world, f"{asked}&from_at={middle}") == [second, third]
    assert await records(world, f"{asked}&until_at={middle}") == [first]
    at = datetime.fromisoformat(second["at"])
    for days, expected in ((-1, [first, second, third]), (1, [])):
        day = (at + timedelta(days=days)).isoformat().replace("+", "%2B")
        assert await records(world, f"{asked}&from_at={day}") == expected


async def test_kind_and_resource_narrow_the_list(world: World) -> None:
    await world.senco.change(f"/v1/pupils/{world.amira}", {"preferred_name": "Ami"})
    await world.senco.get(f"/v1/placements?pupil_id={world.amira}")
    asked = f"?pupil_id={world.amira}"
    assert told(await records(world, f"{asked}&kind=updated")) == [("senco", "updated", "pupil")]
    assert told(await records(world, f"{asked}&resource=placement")) == [("senco", "read", "placement")]
    assert await records(world, f"{asked}&kind=review.closed") == []


@pytest.mark.parametrize("who", ["pupil_id", "account_id", "school_id"])
async def test_pages_follow_each_other_without_a_gap_or_a_repetition(world: World, who: str) -> None:
    for _ in range(7):
        await world.senco.get(f"/v1/pupils/{world.amira}")
    await all_sealed(world)
    ids = {"pupil_id": world.amira, "account_id": world.senco.account.id, "school_id": world.north}
    asked = f"?{who}={ids[who]}&resource=pupil"
    whole = await records(world, asked)
    assert len(whole) == 7
    assert await records(world, f"{asked}&limit=3") == whole


async def test_a_cursor_of_another_list_is_refused(world: World) -> None:
    for _ in range(2):
        await world.senco.get(f"/v1/pupils/{world.amira}")
    await all_sealed(world)
    officer = world.data_protection_officer
    following = (await officer.get(f"/v1/access-records?pupil_id={world.amira}&limit=1")).json()["next"]
    assert following
    other = following.replace(str(world.amira), str(world.ben))
    assert (await officer.get(other)).status_code == 422
    assert (await officer.get(following.replace("?", "/plain?"))).status_code == 422


async def test_an_officer_of_a_school_sees_its_ledger_alone_and_one_of_the_trust_sees_all_and_the_trusts_own(
    world: World,
) -> None:
    own = world.account("school_officer", "data_protection_officer", world.north)
    await world.save()
    await world.trust_inclusion_lead.get("/v1/pupils")
    await world.administrator.post(
        "/v1/accounts", {"username": f"a.{world.trust_id}@world.example", "name": "A", "place_id": str(world.trust_id)}
    )
    everything = await records(world)
    assert {one["school_id"] for one in everything} == {str(world.north), str(world.south), str(world.trust_id)}
    assert {one["school_id"] for one in await records(world, person=own)} == {str(world.north)}
    assert await records(world, f"?school_id={world.south}", own) == []
    assert await records(world, f"?pupil_id={world.southerner}", own) == []
    assert len(await records(world, f"?pupil_id={world.southerner}&resource=pupil")) == 1


async def test_another_trusts_officer_finds_nothing_of_ours(world: World) -> None:
    stranger = world.account("stranger", "data_protection_officer", world.place("trust", "Other Trust", None))
    await world.save()
    await world.senco.get(f"/v1/pupils/{world.amira}")
    assert len(await records(world, f"?pupil_id={world.amira}")) == 1
    for query in ("", f"?pupil_id={world.amira}", f"?account_id={world.senco.account.id}"):
        assert await records(world, query, stranger) == []


async def test_reading_access_records_is_itself_recorded(world: World) -> None:
    await world.senco.get("/v1/pupils")
    shown = await records(world, f"?pupil_id={world.amira}")
    (entry,) = await entries_of(world, world.data_protection_officer)
    assert (entry.kind, entry.resource, entry.school_id) == ("read", "access_record", world.north)
    assert len(entry.pupil_ids) == 16 * len(shown[0]["pupil_ids"])
    found = await records(world, f"?pupil_id={world.amira}")
    assert told(found)[-1] == ("data_protection_officer", "read", "access_record")
    assert found[-1]["roles"] == ["data_protection_officer"]


async def test_the_role_named_is_the_one_that_was_held_when_it_happened(world: World) -> None:
    await world.base_lead.get(f"/v1/pupils/{world.amira}")
    (held,) = (await world.administrator.get(f"/v1/accounts/{world.base_lead.account.id}/roles")).json()["items"]
    assert (await world.administrator.verb(f"/v1/held-roles/{held['id']}", "end", {})).status_code == 200
    account = f"/v1/accounts/{world.base_lead.account.id}/roles"
    granted = {"role": "office", "place_id": str(world.north)}
    assert (await world.administrator.post(account, granted)).status_code == 201
    await world.base_lead.get(f"/v1/pupils/{world.amira}")
    found = await records(world, f"?pupil_id={world.amira}")
    assert [one["roles"] for one in found] == [["base_lead"], ["office"]]


async def test_a_referrer_is_named_by_the_role_held_at_their_own_school(world: World) -> None:
    await world.referrer.get(f"/v1/pupils/{world.ben}")
    (one,) = await records(world, f"?pupil_id={world.ben}")
    assert (one["account_name"], one["roles"]) == ("referrer", ["referrer"])
