"""Classes over HTTP: set up for an academic year, read, changed and ended."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change, within_school
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, problems
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.schools.adults import check_staff
from iap_api.schools.class_shapes import ClassChange, ClassCreate, ClassEnd, ClassFilters, ClassRead
from iap_api.schools.code_sets import check_codes
from iap_api.schools.tables import SchoolClass

routes = Routes("/v1/classes", "schools")
visible = within_school(col(SchoolClass.school_id))


class ClassNameTaken(Conflict):
    status, kind, title = 409, "class-name-taken", "The school has a class of that name in that year"
    advice = "Choose another name, or use the class that is there."


refuse("uq_classes_school_id_academic_year_name", ClassNameTaken)
classes = Reading(
    ClassRead,
    SchoolClass,
    visible=visible,
    resource="class",
    school=col(SchoolClass.school_id),
    filters={
        "school_id": lambda value: col(SchoolClass.school_id) == value,
        "academic_year": lambda value: col(SchoolClass.academic_year) == value,
        "teacher_staff_id": lambda value: col(SchoolClass.teacher_staff_id) == value,
    },
)


@routes.get("", response_model=Listed[ClassRead], summary="List classes")
async def list_classes(
    caller: Annotated[Caller, may(Permission.setting_read)], filters: Annotated[ClassFilters, Query()]
) -> Response:
    """The classes of the caller's schools."""
    return await classes.page(caller, filters)


@routes.post(
    "", response_model=ClassRead, status_code=201, summary="Set up a class", openapi_extra=problems(ClassNameTaken)
)
async def create_class(caller: Annotated[Caller, may(Permission.class_write)], body: ClassCreate) -> Response:
    """Set up a class for one academic year, in which its name is the only one (409 `class-name-taken`)."""
    return await _create(caller, body, None)


@routes.put(
    "/{class_id}",
    response_model=ClassRead,
    status_code=201,
    summary="Set up a class under an id of your own",
    openapi_extra=problems(ClassNameTaken),
)
async def put_class(
    caller: Annotated[Caller, may(Permission.class_write)], class_id: Id, body: ClassCreate
) -> Response:
    """As `create_class`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, class_id)


async def _create(caller: Caller, body: ClassCreate, chosen: UUID | None) -> Response:
    class_id, fresh = await caller.once(body, chosen)
    if fresh:
        if body.school_id not in caller.scope.schools:
            raise Invalid(errors=[("/school_id", "is not a school within your reach")])
        await _check_years(caller, body.nc_years)
        await check_staff(caller, body.teacher_staff_id, body.school_id, "/teacher_staff_id")
        await caller.create(SchoolClass(id=class_id, **body.model_dump()), body.school_id, resource="class")
    return await classes.one(caller, class_id, status=201 if fresh else 200, location=f"/v1/classes/{class_id}")


async def _check_years(caller: Caller, nc_years: Sequence[str]) -> None:
    if len(set(nc_years)) != len(nc_years):
        raise Invalid(errors=[("/nc_years", "names a year twice")])
    named = [(f"/nc_years/{at}", "nc_years", year) for at, year in enumerate(nc_years)]
    await check_codes(caller.session, named, clock.today())


@routes.get("/{class_id}", response_model=ClassRead, summary="Read a class")
async def read_class(caller: Annotated[Caller, may(Permission.setting_read)], class_id: Id) -> Response:
    """One class."""
    return await classes.one(caller, class_id)


@routes.patch("/{class_id}", response_model=ClassRead, summary="Change a class", openapi_extra=problems(ClassNameTaken))
async def change_class(
    caller: Annotated[Caller, may(Permission.class_write)],
    class_id: Id,
    body: ClassChange,  # type: ignore[valid-type]
) -> Response:
    """Change name, years or teacher (merge patch); a new academic year is a new class."""
    found: SchoolClass = await for_change(caller, SchoolClass, class_id, visible)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    await _check_years(caller, values.get("nc_years", []))
    await check_staff(caller, values.get("teacher_staff_id"), found.school_id, "/teacher_staff_id")
    await caller.change(found, values, found.school_id, resource="class")
    return await classes.one(caller, class_id)


@routes.post("/{class_id}/end", response_model=ClassRead, summary="End a class")
async def end_class(caller: Annotated[Caller, may(Permission.class_write)], class_id: Id, body: ClassEnd) -> Response:
    """Say from which day the class is no more; its pupils stay on the roll."""
    found: SchoolClass = await for_change(caller, SchoolClass, class_id, visible)
    if found.ended_on is not None:
        raise Conflict("The class has ended already.")
    await caller.change(found, body.model_dump(), found.school_id, resource="class", kind="ended")
    return await classes.one(caller, class_id)
