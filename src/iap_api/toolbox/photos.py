"""A resource's photo over HTTP: set, shown and taken away, with the permissions of the resource itself."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.core.errors import NotFound, problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.core.uploads import takes_file
from iap_api.files.keeping import FileUnreadable, files_of
from iap_api.files.kinds import PHOTO, FileNotTaken
from iap_api.files.pictures import PictureBroken, PictureTooLarge
from iap_api.files.store import StoreAway
from iap_api.files.tables import StoredFile
from iap_api.toolbox.resource_shapes import ResourceRead
from iap_api.toolbox.resources import in_catalogue, resources
from iap_api.toolbox.stock import ResourceEnded
from iap_api.toolbox.tables import Resource

routes = Routes("/v1/resources", "toolbox")
Writer = Annotated[Caller, may(Permission.resource_write)]
PICTURES = [kind.media_type for kind in PHOTO.kinds]
_SHOWN = {"description": "The photo", "content": {media: {} for media in PICTURES}}


@routes.get(
    "/{resource_id}/photo",
    summary="Look at a resource's photo",
    response_class=Response,
    responses={200: _SHOWN},
    openapi_extra=problems(FileUnreadable, StoreAway),
)
async def read_resource_photo(caller: Annotated[Caller, may(Permission.resource_read)], resource_id: Id) -> Response:
    """The photo, as JPEG, PNG or WebP; 404 where there is none."""
    kept = (
        select(StoredFile)
        .join(Resource, col(Resource.photo_id) == StoredFile.id)
        .where(col(Resource.id) == resource_id, resources.visible(caller.scope.kinds))
    )
    file = (await caller.session.execute(kept, caller.scope.binds())).scalar_one_or_none()
    if file is None:
        raise NotFound()
    return await files_of(caller).answered(caller, file)


@routes.put(
    "/{resource_id}/photo",
    response_model=ResourceRead,
    summary="Set a resource's photo",
    openapi_extra={
        **problems(ResourceEnded, FileNotTaken, PictureBroken, PictureTooLarge, StoreAway),
        **takes_file(PICTURES, PHOTO.most_bytes),
        "x-if-match": True,
    },
)
async def set_resource_photo(caller: Writer, resource_id: Id, request: Request) -> Response:
    """Send the picture itself as the body, at most 5 MB; what it is, its content says.

    It is drawn anew before it is kept, so where and when it was taken goes, and at most 2048 points wide or high.
    """
    row = await in_catalogue(caller, resource_id)
    school_id, files = row.school_id, files_of(caller)
    # nobody waits for the database, or for this row, while a picture is made ready and stored
    await caller.transaction.start_again()
    made = await files.made_ready(await request.body(), PHOTO, school_id, caller.account_id)
    await files.put(made)
    await caller.come_in_again()
    row = await in_catalogue(caller, resource_id)
    caller.session.add(made.row)
    await caller.session.flush()
    return await _changed(caller, row, made.row.id)


@routes.delete(
    "/{resource_id}/photo",
    response_model=ResourceRead,
    summary="Take a resource's photo away",
    openapi_extra={**problems(ResourceEnded), "x-if-match": True},
)
async def remove_resource_photo(caller: Writer, resource_id: Id) -> Response:
    """Take the photo away; its bytes are deleted, not kept."""
    return await _changed(caller, await in_catalogue(caller, resource_id), None)


async def _changed(caller: Caller, row: Resource, photo_id: UUID | None) -> Response:
    # the row of the former photo goes by a trigger, and its bytes by the worker
    await caller.change(row, {"photo_id": photo_id}, row.school_id, resource="resource")
    return await resources.one(caller, row.id)
