"""Official codes as offices and SENCOs type them: the set decides what two letters mean."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
import pytest_asyncio
from fastapi import FastAPI

from iap_api.core.database import Database
from iap_api.core.errors import Invalid
from iap_api.core.tables import new_id
from iap_api.pupils.tables import Registration
from iap_api.schools.code_sets import check_codes
from iap_api.schools.tables import DatedCode
from tests.pupils.children import child, day
from tests.world import World

TODAY = date.fromisoformat(day(0))


@pytest_asyncio.fixture
async def fresh(app: FastAPI) -> AsyncIterator[Database]:
    """The same database, for a process that has just started and remembers no code."""
    made = Database(app.state.settings)
    yield made
    await made.close()


async def test_down_syndrome_is_a_need_here_and_ds_is_no_provision(world: World) -> None:
    made = await world.office.post("/v1/pupils", child(world.north, sen_provision="E", sen_needs=["DS", "SEMH"]))
    assert made.status_code == 201, made.text
    assert made.json()["sen"]["sen_needs"] == ["DS", "SEMH"]


async def test_the_same_two_letters_are_looked_up_in_their_own_set(fresh: Database) -> None:
    async with fresh.transaction(read_only=True) as session:
        need, reason = await session.get(DatedCode, ("sen_need_types", "DS")), await session.get(
            DatedCode, ("suspension_reasons", "DS")
        )  # fmt: skip
        assert need is not None
        assert reason is not None
        assert need.label == "Down Syndrome"
        assert "disability" in reason.label.lower()
        await check_codes(session, [("/a", "sen_need_types", "DS"), ("/b", "suspension_reasons", "DS")], TODAY)
        with pytest.raises(Invalid) as refused:
            await check_codes(session, [("/a", "sen_need_types", "PH"), ("/b", "suspension_reasons", "SEMH")], TODAY)
    assert [pointer for pointer, _ in refused.value.errors] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"sen_provision": "N", "sen_needs": ["SEMH"]}, ["/sen_needs"]),
        ({"sen_needs": ["SEMH"]}, ["/sen_needs"]),
        ({"sen_provision": "K", "sen_needs": ["SEMH", "SEMH"]}, ["/sen_needs"]),
        ({"sen_provision": "S"}, ["/sen_provision"]),  # legacy: a statement
        ({"sen_provision": "A"}, ["/sen_provision"]),  # legacy: school action
        ({"sen_provision": "k"}, ["/sen_provision"]),
        ({"sen_provision": "K", "sen_needs": ["SEMH", "BESD"]}, ["/sen_needs/1"]),
        ({"sen_provision": "K", "sen_needs": ["VA", "PH"]}, ["/sen_needs/0", "/sen_needs/1"]),
        ({"pupil_premium": ["DPP", "FSM"], "young_carer": "Y"}, ["/pupil_premium/1", "/young_carer"]),
        ({"enrolment_status": "Z"}, ["/enrolment_status"]),
        ({"upn_unknown_reason": "UN11"}, ["/upn_unknown_reason"]),
        ({"service_child": "X"}, ["/service_child"]),
    ],
)
async def test_a_code_not_in_use_is_named_by_its_place(
    world: World, body: dict[str, object], pointers: list[str]
) -> None:
    refused = await world.office.post("/v1/pupils", child(world.north, **body))
    assert refused.status_code == 422, refused.text
    assert sorted(one["pointer"] for one in refused.json()["errors"]) == pointers


async def test_codes_are_still_known_after_a_request_that_the_database_refused(fresh: Database) -> None:
    named = [("/sen_provision", "sen_provision", "K")]

    async def refused_by_the_database() -> None:
        async with fresh.transaction() as session:
            await check_codes(session, named, TODAY)
            session.add(Registration(school_id=new_id(), pupil_id=new_id(), from_on=TODAY))
            await session.flush()

    with pytest.raises(Invalid):
        await refused_by_the_database()
    async with fresh.transaction(read_only=True) as session:
        await check_codes(session, named, TODAY)


@pytest.mark.parametrize(
    ("on", "known"),
    [(date(2026, 8, 31), False), (date(2026, 9, 1), True), (date(2027, 8, 31), True), (date(2027, 9, 1), False)],
)
async def test_a_code_is_valid_from_its_first_day_to_its_last(fresh: Database, on: date, known: bool) -> None:
    async with fresh.transaction() as session:
        await session.merge(
            DatedCode(
                set="test_dated", code="NEW", label="New in 2026", position=1, valid_from=date(2026, 9, 1),
                valid_until=date(2027, 8, 31),
            )
        )  # fmt: skip
    async with fresh.transaction(read_only=True) as session:
        wrong: list[str] = []
        try:
            await check_codes(session, [("/code", "test_dated", "NEW")], on)
        except Invalid as refused:
            wrong = [pointer for pointer, _ in refused.errors]
        assert wrong == ([] if known else ["/code"])
