"""Contacts over HTTP: the parents, carers and others to reach for a pupil, in the order to try them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.core import clock
from iap_api.core.errors import Conflict
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Body, Code, Day, Id, Line, Shape, change_of
from iap_api.pupils.scope import about, reach_pupil, school_between
from iap_api.pupils.tables import Contact
from iap_api.schools.code_sets import check_codes

routes = Routes("/v1", "contacts")
visible = about(col(Contact.pupil_id))
Phone = Annotated[str, Field(pattern=r"^\+?[0-9 ()-]{5,25}$")]
Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]{1,189}$")]


class ContactRead(Shape):
    """One contact; no home address."""

    id: UUID
    version: int
    school_id: UUID
    pupil_id: UUID
    name: str
    relationship: str
    priority: int
    phone: str | None
    email: str | None
    parental_responsibility: bool
    ended_on: date | None


class ContactCreate(Body):
    """A person to reach for a pupil."""

    name: Line
    relationship: Code = Field(description="A code of the set relationship_types.")
    priority: Annotated[int, Field(ge=1, le=20, description="1 is tried first.")]
    phone: Phone | None = None
    email: Email | None = None
    parental_responsibility: bool = False


ContactChange = change_of("ContactChange", ContactCreate)


class ContactEnd(Body):
    """From which day the person is no longer a contact."""

    ended_on: Day


class ContactFilters(Page):
    """Which contacts."""

    relationship: Code | None = None


contacts = Reading(
    ContactRead, Contact, visible=visible, resource="contact", school=col(Contact.school_id),
    pupil=col(Contact.pupil_id),
    filters={
        "pupil_id": lambda value: col(Contact.pupil_id) == value,
        "relationship": lambda value: col(Contact.relationship) == value,
    },
)  # fmt: skip


@routes.get(
    "/pupils/{pupil_id}/contacts",
    response_model=Listed[ContactRead],
    summary="List a pupil's contacts",
)
async def list_contacts(
    caller: Annotated[Caller, may(Permission.contact_read)],
    pupil_id: Id,
    filters: Annotated[ContactFilters, Query()],
) -> Response:
    """The people to reach for a pupil, in the order to try them, former ones last; by age if they fill pages."""
    await reach_pupil(caller, pupil_id)
    in_order = select(col(Contact.id)).where(col(Contact.pupil_id) == pupil_id)
    if filters.relationship is not None:
        in_order = in_order.where(col(Contact.relationship) == filters.relationship)
    in_order = in_order.order_by(col(Contact.ended_on).is_not(None), col(Contact.priority), col(Contact.id))
    ids = list((await caller.session.execute(in_order.limit(filters.limit + 1))).scalars())
    if filters.after is None and len(ids) <= filters.limit:
        return await contacts.chosen(caller, ids)
    return await contacts.page(caller, filters, also={"pupil_id": pupil_id})


@routes.post(
    "/pupils/{pupil_id}/contacts",
    response_model=ContactRead,
    status_code=201,
    summary="Add a contact",
)
async def create_contact(
    caller: Annotated[Caller, may(Permission.contact_write)], pupil_id: Id, body: ContactCreate
) -> Response:
    """Add a person to reach for a pupil."""
    return await _create(caller, pupil_id, body, None)


@routes.put(
    "/pupils/{pupil_id}/contacts/{contact_id}",
    response_model=ContactRead,
    status_code=201,
    summary="Add a contact under an id of your own",
)
async def put_contact(
    caller: Annotated[Caller, may(Permission.contact_write)],
    pupil_id: Id,
    contact_id: Id,
    body: ContactCreate,
) -> Response:
    """As `create_contact`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, pupil_id, body, contact_id)


async def _create(caller: Caller, pupil_id: UUID, body: ContactCreate, chosen: UUID | None) -> Response:
    file_school_id, _ = await reach_pupil(caller, pupil_id)
    contact_id, fresh = await caller.once(body, chosen)
    if fresh:
        await check_codes(caller.session, [("/relationship", "relationship_types", body.relationship)], clock.today())
        school_id = await school_between(caller, pupil_id, file_school_id)
        row = Contact(id=contact_id, school_id=school_id, pupil_id=pupil_id, **body.model_dump())
        await caller.create(row, school_id, resource="contact", pupil_ids=[pupil_id])
    return await contacts.one(caller, contact_id, status=201 if fresh else 200, location=f"/v1/contacts/{contact_id}")


@routes.get(
    "/contacts/{contact_id}",
    response_model=ContactRead,
    summary="Read a contact",
)
async def read_contact(caller: Annotated[Caller, may(Permission.contact_read)], contact_id: Id) -> Response:
    """One contact."""
    return await contacts.one(caller, contact_id)


@routes.patch(
    "/contacts/{contact_id}",
    response_model=ContactRead,
    summary="Change a contact",
)
async def change_contact(
    caller: Annotated[Caller, may(Permission.contact_write)],
    contact_id: Id,
    body: ContactChange,  # type: ignore[valid-type]
) -> Response:
    """Change what is named (merge patch)."""
    row: Contact = await for_change(caller, Contact, contact_id, visible)
    values = body.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    if "relationship" in values:
        await check_codes(
            caller.session, [("/relationship", "relationship_types", values["relationship"])], clock.today()
        )
    await caller.change(row, values, row.school_id, resource="contact", pupil_ids=[row.pupil_id])
    return await contacts.one(caller, contact_id)


@routes.post(
    "/contacts/{contact_id}/end",
    response_model=ContactRead,
    summary="End a contact",
)
async def end_contact(
    caller: Annotated[Caller, may(Permission.contact_write)], contact_id: Id, body: ContactEnd
) -> Response:
    """Say from which day this person is no longer to be reached for the pupil."""
    row: Contact = await for_change(caller, Contact, contact_id, visible)
    if row.ended_on is not None:
        raise Conflict("The contact has ended already.")
    await caller.change(
        row, body.model_dump(), row.school_id, resource="contact", pupil_ids=[row.pupil_id], kind="ended"
    )
    return await contacts.one(caller, contact_id)
