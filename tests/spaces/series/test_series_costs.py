"""What a series costs: as many statements for a year as for a week."""

import asyncio

from tests.core.heard import heard
from tests.spaces.series.terms import became, enter_year, weekly
from tests.world import World


async def test_a_year_of_mondays_takes_no_more_statements_than_one_monday(world: World) -> None:
    await enter_year(world)
    me = asyncio.current_task()
    counts = {}
    for until_on, hour in (("2026-09-07", "09"), ("2027-07-21", "10")):
        said: list[str] = []
        asked = weekly(world.sensory, world.amira, from_on="2026-09-07", until_on=until_on,
                       from_time=f"{hour}:00", until_time=f"{hour}:45")  # fmt: skip

        def note(statement: str, said: list[str] = said) -> None:
            if asyncio.current_task() is me:
                said.append(statement)

        with heard(note):
            answer = await world.senco.post("/v1/series", asked)
        assert answer.status_code == 201, answer.text
        counts[len(became(answer, "booked"))] = len(said)
        assert sum("INSERT INTO bookings" in one for one in said) == 1
    assert set(counts) == {1, 37}
    assert counts[37] == counts[1] <= 16, counts
