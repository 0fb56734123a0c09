"""The adults of a school over HTTP: entered, read, changed and ended."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import and_, or_
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change, within_school
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.schools.adults import check_account
from iap_api.schools.class_shapes import StaffChange, StaffCreate, StaffEnd, StaffFilters, StaffRead
from iap_api.schools.tables import Staff

routes = Routes("/v1/staff", "schools")
visible = within_school(col(Staff.school_id))


class AccountLinked(Conflict):
    status, kind, title = 409, "account-linked", "That account belongs to another adult of the school"
    advice = "One adult is one record: change the one that is there, or end it first."


refuse("uq_staff_one_per_account", AccountLinked)
refuse("uq_staff_school_id_account_id", AccountLinked)
staff = Reading(
    StaffRead,
    Staff,
    visible=visible,
    resource="staff",
    school=col(Staff.school_id),
    filters={
        "school_id": lambda value: col(Staff.school_id) == value,
        "account_id": lambda value: col(Staff.account_id) == value,
        "on": lambda value: and_(
            col(Staff.started_on) <= value, or_(col(Staff.ended_on).is_(None), col(Staff.ended_on) >= value)
        ),
    },
)


@routes.get("", response_model=Listed[StaffRead], summary="List staff")
async def list_staff(
    caller: Annotated[Caller, may(Permission.staff_read)], filters: Annotated[StaffFilters, Query()]
) -> Response:
    """The adults of the caller's schools, those who have left included; `on` names a day."""
    return await staff.page(caller, filters)


@routes.post(
    "", response_model=StaffRead, status_code=201, summary="Enter an adult", openapi_extra=problems(AccountLinked)
)
async def create_staff(caller: Annotated[Caller, may(Permission.staff_write)], body: StaffCreate) -> Response:
    """Enter an adult of a school; an account is one adult there at a time (409 `account-linked`)."""
    return await _create(caller, body, None)


@routes.put(
    "/{staff_id}",
    response_model=StaffRead,
    status_code=201,
    summary="Enter an adult under an id of your own",
    openapi_extra=problems(AccountLinked),
)
async def put_staff(
    caller: Annotated[Caller, may(Permission.staff_write)], staff_id: Id, body: StaffCreate
) -> Response:
    """As `create_staff`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, staff_id)


async def _create(caller: Caller, body: StaffCreate, chosen: UUID | None) -> Response:
    staff_id, fresh = await caller.once(body, chosen)
    if fresh:
        if body.school_id not in caller.scope.schools:
            raise Invalid(errors=[("/school_id", "is not a school within your reach")])
        await check_account(caller, body.account_id, body.school_id, "/account_id")
        await caller.create(Staff(id=staff_id, **body.model_dump()), body.school_id, resource="staff")
    return await staff.one(caller, staff_id, status=201 if fresh else 200, location=f"/v1/staff/{staff_id}")


@routes.get("/{staff_id}", response_model=StaffRead, summary="Read an adult")
async def read_staff(caller: Annotated[Caller, may(Permission.staff_read)], staff_id: Id) -> Response:
    """One adult of a school."""
    return await staff.one(caller, staff_id)


@routes.patch("/{staff_id}", response_model=StaffRead, summary="Change an adult", openapi_extra=problems(AccountLinked))
async def change_staff(
    caller: Annotated[Caller, may(Permission.staff_write)],
    staff_id: Id,
    body: StaffChange,  # type: ignore[valid-type]
) -> Response:
    """Change name, job, account or first day (merge patch)."""
    adult: Staff = await for_change(caller, Staff, staff_id, visible)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    await check_account(caller, values.get("account_id"), adult.school_id, "/account_id")
    if adult.ended_on is not None and values.get("started_on", adult.started_on) > adult.ended_on:
        raise Invalid(errors=[("/started_on", "lies after the last day")])
    await caller.change(adult, values, adult.school_id, resource="staff")
    return await staff.one(caller, staff_id)


@routes.post("/{staff_id}/end", response_model=StaffRead, summary="End an adult's time")
async def end_staff(caller: Annotated[Caller, may(Permission.staff_write)], staff_id: Id, body: StaffEnd) -> Response:
    """Say which day is the adult's last; the account and its roles are for an administrator to end."""
    adult: Staff = await for_change(caller, Staff, staff_id, visible)
    if adult.ended_on is not None:
        raise Conflict("The last day is set already.")
    if body.ended_on < adult.started_on:
        raise Invalid(errors=[("/ended_on", "lies before the first day")])
    await caller.change(adult, body.model_dump(), adult.school_id, resource="staff", kind="ended")
    return await staff.one(caller, staff_id)
