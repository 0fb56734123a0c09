"""Packages over HTTP: the copy of a pupil's record built, looked through, made ready, released and downloaded."""

from typing import Annotated

import msgspec
from fastapi import Response

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.core import clock
from iap_api.core.errors import problems
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.records.package_archive import archive_of
from iap_api.records.package_shapes import PackageContents
from iap_api.records.package_store import (
    PackageMissing,
    RedactionsUndecided,
    build,
    check_complete,
    digest_of,
    marks_of,
    package_of,
    undecided,
)
from iap_api.records.request_states import WITH_A_PACKAGE, IdentityNotChecked, RequestState, request_at, request_within
from iap_api.records.request_steps import step
from iap_api.records.request_tables import SubjectPackage, SubjectRequest
from iap_api.records.subject_request_shapes import SubjectRequestWhole
from iap_api.records.withholding import withhold

routes = Routes("/v1/subject-requests", "subject requests")
Writer = Annotated[Caller, may(Permission.subject_request_write)]
_NAMES = {True: "record.zip", False: "working-copy.zip"}


@routes.post(
    "/{subject_request_id}/package",
    response_model=PackageContents,
    summary="Build the package",
    openapi_extra=problems(RequestState),
)
async def build_package(caller: Writer, subject_request_id: Id) -> Response:
    """Copy everything that refers to the pupil into a working copy, and propose what may have to be withheld.

    Again, to take in what was written since: decisions about the same words stay. Of a request that is being worked on.
    """
    request = await request_at(caller, subject_request_id, "build_package")
    package = await build(caller, request)
    values = {"package_built_at": package.built_at}
    await caller.change(
        request, values, request.school_id, resource="subject_request", kind="subject_request.package_built",
        pupil_ids=[request.pupil_id],
    )  # fmt: skip
    return await _contents(caller, package)


@routes.get(
    "/{subject_request_id}/package/contents", response_model=PackageContents, summary="Read what is in the package"
)
async def read_package_contents(caller: Writer, subject_request_id: Id) -> Response:
    """What is in the package, table by table, what is not and why, and how much is still to be decided."""
    request = await request_within(caller, subject_request_id)
    caller.saw("subject_package", request.school_id, [request.pupil_id], request.id)
    return await _contents(caller, await package_of(caller, request.id))


@routes.get(
    "/{subject_request_id}/package",
    summary="Download the package",
    response_class=Response,
    responses={200: {"description": "A ZIP file", "content": {"application/zip": {}}}},
)
async def download_package(caller: Writer, subject_request_id: Id) -> Response:
    """The package as one ZIP file: `record.json`, and `index.pdf` to read.

    Until it is released, the working copy with everything in it, for the officer alone; from then on what was handed
    over, byte by byte, and nothing else.
    """
    request = await request_within(caller, subject_request_id)
    package = await package_of(caller, request.id)
    caller.event(
        "package.downloaded", "subject_package", request.school_id, resource_id=request.id,
        pupil_ids=[request.pupil_id],
    )  # fmt: skip
    released = package.archive is not None
    made = package.archive or await archive_of(msgspec.json.decode(package.working or b"{}"), released=False)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{_NAMES[released]}"'}
    return Response(made, 200, headers, "application/zip")


@routes.post(
    "/{subject_request_id}/ready",
    response_model=SubjectRequestWhole,
    summary="Say that the answer is ready",
    openapi_extra=problems(RequestState, PackageMissing, RedactionsUndecided),
)
async def make_subject_request_ready(caller: Writer, subject_request_id: Id) -> Response:
    """Say that the answer is ready; a copy needs its package, and a decision about every proposal in it."""
    request = await request_at(caller, subject_request_id, "ready")
    await check_complete(caller, request)
    return await step(caller, request, {"status": "ready"}, "subject_request.ready")


@routes.post(
    "/{subject_request_id}/release",
    response_model=SubjectRequestWhole,
    summary="Release the answer",
    openapi_extra=problems(RequestState, IdentityNotChecked, PackageMissing, RedactionsUndecided),
)
async def release_subject_request(caller: Writer, subject_request_id: Id) -> Response:
    """Record that the answer goes to the requester; the package is redacted and pinned, the working copy is gone."""
    request = await request_at(caller, subject_request_id, "release")
    if request.identity_checked_on is None:
        raise IdentityNotChecked()
    await check_complete(caller, request)
    if request.kind in WITH_A_PACKAGE:
        await _pin(caller, request, await package_of(caller, request.id))
    values = {"status": "released", "ended_at": clock.now(), "ended_by": caller.account_id}
    return await step(caller, request, values, "subject_request.released")


async def _pin(caller: Caller, request: SubjectRequest, package: SubjectPackage) -> None:
    document = msgspec.json.decode(package.working or b"{}")
    marks = [one.pointer for one in await marks_of(caller, request) if one.status == "withheld"]
    document["withheld"] = withhold(document, marks)
    archive = await archive_of(document, released=True)
    package.archive, package.digest, package.working = archive, digest_of(archive), None
    package.released_at, package.released_by = clock.now(), caller.account_id
    await caller.session.flush()


async def _contents(caller: Caller, package: SubjectPackage) -> Response:
    shown = {
        "request_id": package.request_id,
        "built_at": package.built_at,
        "built_by": package.built_by,
        "released_at": package.released_at,
        "digest": package.digest,
        **msgspec.json.decode(package.contents),
        "undecided": await undecided(caller, package.request_id),
    }
    return Response(msgspec.json.encode(shown), 200, dict(PRIVATE), "application/json")
