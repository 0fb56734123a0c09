"""The proof that a package is complete: whatever refers to a pupil is in it, or on a written list with a reason."""

from typing import Any

from sqlalchemy import LargeBinary, select

from iap_api.core.tables import Ids
from iap_api.records.package_document import FORMAT
from iap_api.records.package_words import LEFT_OUT, TITLES, column_kept, column_title
from iap_api.records.walk import About, tables_about_a_pupil
from tests.house import neighbourhood
from tests.records.planting import plant
from tests.records.requests import record, step

# columns of tables in the package that are not in it: another form of what stands beside them, and digests
COLUMNS_LEFT_OUT = {("pupils", "search_name"), ("toolboxes", "locker_key"), ("registration_requests", "asked_for")}


def given_out() -> list[About]:
    return [about for about in tables_about_a_pupil() if about.name not in LEFT_OUT]


def test_every_table_that_refers_to_a_pupil_is_in_the_package_or_left_out_with_a_reason() -> None:
    walked = {about.name for about in tables_about_a_pupil()}
    assert walked <= set(TITLES) | set(LEFT_OUT)
    assert not set(TITLES) & set(LEFT_OUT)
    assert all(len(why) > 20 for _, why in LEFT_OUT.values())


def test_therapy_notes_stay_with_the_therapist_until_a_professional_was_asked() -> None:
    assert "serious harm" in LEFT_OUT["therapy_notes"][1]


def test_every_column_is_in_the_package_or_left_out_by_name() -> None:
    missing = {
        (about.name, column.name)
        for about in given_out()
        for column in about.table.columns
        if not column_kept(column.name) or isinstance(column.type, LargeBinary)
    }
    assert missing == COLUMNS_LEFT_OUT


def test_columns_are_called_what_people_call_them() -> None:
    titles = {column_title(column.name) for about in given_out() for column in about.table.columns}
    assert not [one for one in titles if "_" in one or not one[:1].isupper()]


async def test_a_row_in_every_table_is_found_in_the_package(app: Any, client: Any) -> None:
    near = await neighbourhood.build(app, client)
    w, spot = near.world, near.spots["own"]
    for about in given_out():
        async with app.state.database.transaction(read_only=True) as session:
            there = (await session.execute(about.select(spot.pupil).limit(1))).first()
        if there is None:
            await plant(w, about, spot.school, spot.pupil)
    path = f"/v1/subject-requests/{near.ids['subject_request']['own']}"
    await step(w, path, "package")
    found = await record(w, path)
    assert found["about"]["format"] == FORMAT
    async with app.state.database.transaction(read_only=True) as session:
        for about in given_out():
            rows = (await session.execute(select(about.table).where(about.holds(spot.pupil)))).mappings().all()
            assert rows, about.name
            part = found["records"].get(about.name, {"rows": {}})["rows"]
            for row in rows:
                key = "_".join(str(row[one.name]) for one in about.table.primary_key)
                # the request counts its packages, and this one was not made yet when it was copied
                if about.name not in ("subject_requests", "former_values"):
                    assert key in part, about.name
                    _same(about, row, part[key])
                else:
                    assert key in part or row.get("resource") == "subject_request"
    assert {*found["records"]} == {about.name for about in given_out()}
    assert {*found["left_out"]} == {about.name for about in tables_about_a_pupil()} & set(LEFT_OUT)


def _same(about: About, row: Any, told: dict[str, Any]) -> None:
    for column in about.table.columns:
        if (about.name, column.name) in COLUMNS_LEFT_OUT:
            continue
        value = row[column.name]
        assert column.name in told, (about.name, column.name)
        if isinstance(value, str) and value[:1] not in "[{":
            assert told[column.name] == value, (about.name, column.name)
        elif isinstance(column.type, Ids) and column.name.endswith("pupil_ids"):
            assert len(told[column.name]) == 1 + (len(value) > 1)
        elif value is not None and not isinstance(value, str):
            assert told[column.name] not in (None, ""), (about.name, column.name)
