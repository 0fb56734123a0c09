"""The safeguarding flag: it points to the school's own system, and there is nowhere here to write a concern down."""

import pytest

from tests.pupils.children import former
from tests.world import World

FLAG = {"safeguarding_flag": True}


async def put(world: World, **members: object) -> tuple[int, list[tuple[str, str]]]:
    """Set the flag of Ben, as the safeguarding lead; return the status and what was wrong."""
    tag = (await world.safeguarding_lead.get(f"/v1/pupils/{world.ben}")).headers["ETag"]
    answer = await world.safeguarding_lead.put(f"/v1/pupils/{world.ben}/safeguarding", members, If_Match=tag)
    return answer.status_code, [(one["pointer"], one["detail"]) for one in answer.json().get("errors", [])]


@pytest.mark.parametrize(
    "where",
    [
        "CPOMS 4711", "MyConcern, file CP.2026-17", "Locked cabinet in the safeguarding lead's office", "No. 12",
        "North Quay's file at https://safeguarding.example/cases/4711", "Green cabinet, drawer 2 (bottom)", "x" * 120,
    ],
)  # fmt: skip
async def test_a_system_and_a_reference_are_a_pointer(world: World, where: str) -> None:
    assert await put(world, **FLAG, safeguarding_where=where) == (200, [])
    shown = (await world.safeguarding_lead.get(f"/v1/pupils/{world.ben}")).json()["safeguarding"]
    assert shown == {**FLAG, "safeguarding_where": where}


@pytest.mark.parametrize(
    "concern",
    [
        "Ben said that he does not want to go home. He was crying.",
        "Bruise on the left arm; told mother.",
        "Is he safe at home?",
        "Call the social worker!",
        'He said "leave me alone"',
        "He told me on Monday that his uncle shouts at night and he hides",
        "CPOMS 4711\nBruise on the left arm",
        "CPOMS 4711\r\nBruise",
        "CPOMS 4711\u2028Bruise",
        "CPOMS\t4711",
        "CPOMS \u202e4711",
        "x" * 121,
        "",
        "  ",
    ],
)
async def test_what_happened_to_a_child_is_refused_and_not_repeated(world: World, concern: str) -> None:
    status, errors = await put(world, **FLAG, safeguarding_where=concern)
    assert (status, [pointer for pointer, _ in errors]) == (422, ["/safeguarding_where"])
    assert not any(concern.strip() and concern.strip() in detail for _, detail in errors)
    shown = (await world.safeguarding_lead.get(f"/v1/pupils/{world.ben}")).json()["safeguarding"]
    assert shown == {"safeguarding_flag": False, "safeguarding_where": None}


async def test_when_the_flag_goes_so_does_where_the_file_was(world: World) -> None:
    assert (await put(world, **FLAG, safeguarding_where="CPOMS 4711"))[0] == 200
    status, errors = await put(world, safeguarding_flag=False, safeguarding_where="CPOMS 4711")
    assert (status, [pointer for pointer, _ in errors]) == (422, ["/safeguarding_where"])
    assert (await put(world, safeguarding_flag=False))[0] == 200
    shown = (await world.safeguarding_lead.get(f"/v1/pupils/{world.ben}")).json()["safeguarding"]
    assert shown == {"safeguarding_flag": False, "safeguarding_where": None}
    assert (await former(world, world.ben))[-1] == {**FLAG, "safeguarding_where": "CPOMS 4711"}


@pytest.mark.parametrize("member", ["safeguarding_note", "concern", "text", "note"])
async def test_there_is_no_other_member_to_write_a_concern_into(world: World, member: str) -> None:
    status, errors = await put(world, **FLAG, **{member: "He was crying"})
    assert (status, [pointer for pointer, _ in errors]) == (422, [f"/{member}"])
