"""A closed review stays as it was: over HTTP, by raw SQL, and when two close it at once."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import Uuid, bindparam, text
from sqlmodel import SQLModel

from iap_api.reviews.states import ReviewState
from iap_api.reviews.tables import Target
from migrations.rules import reviews as rules
from tests.core.fresh import opened_by_owner
from tests.reviews.meetings import agree, closed, contribute, decision, held, hour
from tests.world import World

EDITS = [
    "UPDATE reviews SET decision_note = 'something else' WHERE id = :review",
    "UPDATE reviews SET status = 'held' WHERE id = :review",
    "UPDATE reviews SET version = version + 1 WHERE id = :review",
    "DELETE FROM reviews WHERE id = :review",
    "UPDATE review_contributions SET words = 'she is fine' WHERE review_id = :review",
    "UPDATE review_contributions SET review_id = :open WHERE review_id = :review",
    "UPDATE review_contributions SET review_id = :review WHERE review_id = :open",
    "DELETE FROM review_contributions WHERE review_id = :review",
    "UPDATE targets SET text = 'something easier' WHERE review_id = :review",
    "UPDATE targets SET weight = 9 WHERE review_id = :review",
    "DELETE FROM targets WHERE review_id = :review",
    "INSERT INTO targets (id, version, created_at, updated_at, school_id, review_id, pupil_id, text, baseline, measure,"
    " due_on, weight) SELECT school_id, 1, created_at, updated_at, school_id, review_id, pupil_id, text, baseline,"
    " measure, due_on, weight FROM targets WHERE review_id = :review",
    "UPDATE review_addenda SET words = 'never mind' WHERE review_id = :review",
    "DELETE FROM review_addenda WHERE review_id = :review",
]
ON_SQLITE = [
    f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE {column} = :review"
    for table, column in (
        ("reviews", "id"), ("review_contributions", "review_id"), ("targets", "review_id"),
        ("review_addenda", "review_id"),
    )
]  # fmt: skip
ON_POSTGRESQL = [
    f"TRUNCATE {table} CASCADE" for table in ("reviews", "review_contributions", "targets", "review_addenda")
]


def id_of(path: str) -> UUID:
    return UUID(path.rsplit("/", 1)[-1])


async def run(world: World, statement: str, **ids: UUID) -> int:
    written = text(statement)
    named = {name: one for name, one in ids.items() if f":{name}" in statement}
    written = written.bindparams(*(bindparam(name, type_=Uuid()) for name in named))
    async with opened_by_owner(world.app) as owners, owners.transaction() as session:
        return int((await session.execute(written, named)).rowcount)


async def test_raw_sql_cannot_edit_a_closed_review_nor_what_was_said_for_it(world: World) -> None:
    path, other = await closed(world, world.amira), await held(world, world.ben)
    assert (await contribute(world.teaching_assistant, other)).status_code == 201
    assert (await agree(world.base_lead, other)).status_code == 201
    assert (await world.senco.post(f"{path}/addenda", {"words": "The parents agree."})).status_code == 201
    before = (await world.senco.get(path)).json()

    sqlite = world.app.state.database.dialect == "sqlite"
    for statement in EDITS + (ON_SQLITE if sqlite else ON_POSTGRESQL):
        with pytest.raises(ReviewState) as refused:
            await run(world, statement, review=id_of(path), open=id_of(other))
        assert refused.value.more["review_status"] == "closed", statement
    assert (await world.senco.get(path)).json() == before

    for table in ("review_contributions", "targets"):
        statement = f"UPDATE {table} SET version = version + 1 WHERE review_id = :open"
        assert await run(world, statement, open=id_of(other)) == 1
    assert await run(world, "UPDATE targets SET level = 1 WHERE review_id = :review", review=id_of(path)) == 1
    assert await run(world, "DELETE FROM review_contributions WHERE review_id = :open", open=id_of(other)) == 1


async def test_every_edit_over_http_is_refused_once_the_review_is_closed(world: World) -> None:
    path = await closed(world, world.amira)
    review = (await world.senco.get(path)).json()
    contribution = f"/v1/contributions/{review['contributions'][0]['id']}"
    target = f"/v1/targets/{review['targets'][0]['id']}"
    attendance = {"held_at": hour(-1), "attendees": [{"role": "pupil"}]}
    answers = [
        await world.senco.change(path, {"place": "Elsewhere"}),
        await world.senco.verb(path, "schedule", {"scheduled_at": hour(3)}),
        await world.senco.verb(path, "hold", attendance),
        await world.senco.verb(path, "close", decision()),
        await world.senco.verb(path, "cancel"),
        await world.teaching_assistant.change(contribution, {"words": "She is fine."}),
        await contribute(world.therapist, path),
        await agree(world.base_lead, path),
        await world.base_lead.change(target, {"text": "Something easier."}),
        await world.base_lead.verb(target, "withdraw"),
    ]
    for answer in answers:
        assert answer.status_code == 409, answer.text
        assert answer.json()["review_status"] == "closed"
        assert answer.json()["possible"] == ["rate_target", "add_addendum"]
    assert (await world.senco.get(path)).json() == review


async def test_two_who_close_at_once_close_it_once(world: World) -> None:
    path = await held(world, world.amira)
    tag = (await world.senco.get(path)).headers["ETag"]
    ways = ("continue", "refer_on")
    answers = await asyncio.gather(
        *(world.senco.post(f"{path}/close", decision(decision=way), If_Match=tag) for way in ways)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    won = ways[[answer.status_code for answer in answers].index(200)]
    assert (await world.senco.get(path)).json()["decision"] == won


async def test_words_said_while_the_senco_closes_are_either_read_or_refused(world: World) -> None:
    for _ in range(5):
        path = await held(world, world.amira)
        tag = (await world.senco.get(path)).headers["ETag"]
        said, ended = await asyncio.gather(
            contribute(world.therapist, path, by="therapist", medium="written"),
            world.senco.post(f"{path}/close", decision(), If_Match=tag),
        )
        assert (said.status_code, ended.status_code) in {(201, 412), (409, 200)}, (said.text, ended.text)
        heard = (await world.senco.get(path)).json()["contributions"]
        assert len(heard) == (1 if said.status_code == 201 else 0)


async def test_a_hand_that_comes_past_the_api_waits_for_the_closing_and_is_refused(world: World) -> None:
    path = await held(world, world.amira)
    assert (await contribute(world.teaching_assistant, path)).status_code == 201
    closing = "UPDATE reviews SET status = 'closed', decision = 'exit', closed_at = held_at WHERE id = :review"
    edit = "UPDATE review_contributions SET words = 'she is fine' WHERE review_id = :review"
    database = world.app.state.database
    async with database.transaction() as session:
        await session.execute(text(closing).bindparams(bindparam("review", id_of(path), type_=Uuid())))
        meddling = asyncio.create_task(run(world, edit, review=id_of(path)))
        await asyncio.sleep(0.2)
        assert not meddling.done()
    with pytest.raises(ReviewState):
        await meddling


def test_the_rule_knows_every_column_of_a_target() -> None:
    columns = set(SQLModel.metadata.tables[Target.__tablename__].columns.keys())
    assert set(rules._SAID) | set(rules._RATED) == columns
    assert not set(rules._SAID) & set(rules._RATED)
