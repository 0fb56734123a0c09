"""Keeps the package of a request: the working copy until it is released, what was handed over from then on."""

import hashlib
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core import clock
from iap_api.core.errors import NotFound, Problem
from iap_api.records.package_document import document_of, written
from iap_api.records.request_states import WITH_A_PACKAGE
from iap_api.records.request_tables import Redaction, SubjectPackage, SubjectRequest
from iap_api.records.third_parties import Proposal, names_for, proposals
from iap_api.records.withholding import names_a_place, parts_of


class PackageMissing(Problem):
    status, kind, title = 409, "package-missing", "There is no package yet"
    advice = "Build the package, decide about each proposal, then say that the request is ready."


class RedactionsUndecided(Problem):
    status, kind, title = 409, "redactions-undecided", "Places in the package wait for a decision"
    advice = "Decide about each: `GET …/redactions?status=proposed` lists them."


async def package_of(caller: Caller, request_id: UUID) -> SubjectPackage:
    """Return the package of a request within reach; raises `NotFound` if there is none."""
    found = await caller.session.get(SubjectPackage, request_id)
    if found is None:
        raise NotFound()
    return found


def digest_of(value: Any) -> str:
    """Return the digest of a value, by which a decision about it is known to be about the same words."""
    return hashlib.sha256(value if isinstance(value, bytes) else msgspec.json.encode(value)).hexdigest()


def value_at(document: Any, pointer: str) -> Any:
    """Return what stands at a pointer that is known to name a place."""
    for part in parts_of(pointer):
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


async def build(caller: Caller, request: SubjectRequest) -> SubjectPackage:
    """Make the working copy anew and propose what may have to be withheld; decisions about the same words stay."""
    working = written(await document_of(caller, request))
    document = msgspec.json.decode(working)
    contents = msgspec.json.encode(_contents(document)).decode()
    package = await caller.session.get(SubjectPackage, request.id)
    if package is None:
        package = SubjectPackage(
            request_id=request.id, school_id=request.school_id, pupil_id=request.pupil_id, built_at=clock.now(),
            built_by=caller.account_id, working=working, digest=digest_of(working), contents=contents,
        )  # fmt: skip
        caller.session.add(package)
    else:
        package.built_at, package.built_by = clock.now(), caller.account_id
        package.working, package.digest, package.contents = working, digest_of(working), contents
    found = proposals(document, await names_for(caller, request.pupil_id))
    await _propose(caller, request, document, found)
    return package


def _contents(document: Any) -> dict[str, Any]:
    parts = document["records"].items()
    return {
        "parts": [{"table": name, "title": part["title"], "rows": len(part["rows"])} for name, part in parts],
        "left_out": [{"table": name, **said} for name, said in document["left_out"].items()],
    }


async def _propose(caller: Caller, request: SubjectRequest, document: Any, found: list[Proposal]) -> None:
    known = {one.pointer: one for one in await marks_of(caller, request)}
    now_found = {one.pointer: one for one in found}
    for pointer, mark in known.items():
        # sentences are counted, and another may stand there now: a mark on one waits for a decision, and is not lost
        a_sentence = pointer.startswith("/accesses/") and names_a_place(document, pointer)
        if mark.status == "proposed" and pointer not in now_found and not a_sentence:
            await caller.session.delete(mark)
        elif a_sentence or (mark.status == "shown" and pointer in now_found):
            fresh = digest_of(value_at(document, pointer))
            if fresh != mark.value_digest:
                # somebody decided about other words
                mark.status, mark.decided_by, mark.decided_at = "proposed", None, None
                mark.value_digest, mark.version = fresh, mark.version + 1
    for pointer, proposal in now_found.items():
        if pointer not in known:
            caller.session.add(
                Redaction(
                    school_id=request.school_id, request_id=request.id, pupil_id=request.pupil_id,
                    pointer=pointer, reason=proposal.reason, found=proposal.found,
                    value_digest=digest_of(value_at(document, pointer)),
                )
            )  # fmt: skip
    await caller.session.flush()


async def marks_of(caller: Caller, request: SubjectRequest) -> list[Redaction]:
    """Return every marked place of a request's package."""
    return list(
        (await caller.session.execute(select(Redaction).where(col(Redaction.request_id) == request.id))).scalars()
    )


async def undecided(caller: Caller, request_id: UUID) -> int:
    """Return how many places wait for a decision."""
    waiting = (
        select(func.count())
        .select_from(Redaction)
        .where(col(Redaction.request_id) == request_id, col(Redaction.status) == "proposed")
    )
    return int((await caller.session.execute(waiting)).scalar_one())


async def check_complete(caller: Caller, request: SubjectRequest) -> None:
    """Raise `PackageMissing` or `RedactionsUndecided` unless the request has all it needs to be answered."""
    if request.kind not in WITH_A_PACKAGE:
        return
    if request.package_built_at is None:
        raise PackageMissing()
    if waiting := await undecided(caller, request.id):
        raise RedactionsUndecided(undecided=waiting)


async def forget_working_copy(caller: Caller, request: SubjectRequest) -> None:
    """Let go of the package of a request that is not answered by it: it holds nothing that the record does not."""
    await caller.session.execute(
        delete(SubjectPackage).where(
            col(SubjectPackage.request_id) == request.id, col(SubjectPackage.released_at).is_(None)
        )
    )
