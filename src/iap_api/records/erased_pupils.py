"""Erased pupils over HTTP: which ids are gone for good, so that whoever holds a copy can let it go too."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, within_school
from iap_api.core.pages import Page
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id, Shape
from iap_api.records.tables import ErasedPupil

routes = Routes("/v1/erased-pupils", "records")


class ErasedPupilRead(Shape):
    """What is left of a pupil: an id, when and why it was erased, and by which run."""

    id: UUID
    school_id: UUID
    erased_at: datetime
    why: str
    run_id: UUID


class ErasedPupilFilters(Page):
    """Which of them."""

    run_id: Id | None = None


_visible = within_school(col(ErasedPupil.school_id))

erased_pupils = Reading(
    ErasedPupilRead, ErasedPupil, visible=_visible, resource="erased_pupil", school=col(ErasedPupil.school_id),
    pupil=col(ErasedPupil.pupil_id), also={"id": col(ErasedPupil.pupil_id)},
    filters={"run_id": lambda value: col(ErasedPupil.run_id) == value},
)  # fmt: skip


@routes.get("", response_model=Listed[ErasedPupilRead], summary="List erased pupils")
async def list_erased_pupils(
    caller: Annotated[Caller, may(Permission.retention_read)], filters: Annotated[ErasedPupilFilters, Query()]
) -> Response:
    """The ids of pupils whose records were erased, in the order of their ids; no name and no number is left."""
    return await erased_pupils.page(caller, filters)
