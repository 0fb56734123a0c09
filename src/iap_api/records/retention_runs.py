"""Retention runs over HTTP: looked at first, approved by two people, and only then carried out."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import insert, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, for_change, within_school
from iap_api.core import clock
from iap_api.core.errors import IdTaken, Invalid, Problem, problems
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.pupils.tables import Pupil
from iap_api.records.approvers import who_count
from iap_api.records.carrying_out import put_in_hand
from iap_api.records.plan import Going, all_of, digest_of, due_of, elsewhere, lines_in
from iap_api.records.request_tables import SubjectRequest
from iap_api.records.run_shapes import RunCreate, RunFilters, RunRead, RunWhole
from iap_api.records.tables import RetentionApproval, RetentionRun, RetentionRunLine
from iap_api.records.whole_run import run_visible, runs, whole_run

routes = Routes("/v1/retention-runs", "records")
GOOD_FOR = timedelta(days=30)
PEOPLE_NEEDED = 2


class RunState(Problem):
    status, kind, title = 409, "retention-run-state", "The run is not at that point"
    advice = "A run is proposed, approved by two people, and then executed once; or it is withdrawn."


class ApprovedAlready(Problem):
    status, kind, title = 409, "retention-approved-already", "You have approved this run already"
    advice = "A run needs two people: ask another one."


class NeedsTwo(Problem):
    status, kind, title = 409, "retention-needs-two", "Two people must approve first"
    advice = "Ask the data-protection officer and the headteacher to approve the run."


class NotInOffice(Problem):
    status, kind, title = 409, "retention-approver-not-in-office", "You were not in office when the run was made"
    advice = (
        "Your role was granted, or somebody else gave you a password or a way to sign in, since the run was made:"
        " ask another person to approve it, or withdraw it and make a new one."
    )


class ApproversGone(Problem):
    status, kind, title = 409, "retention-approvers-gone", "Fewer than two of those who approved still may"
    advice = (
        "An approval counts while its account is enabled and holds the role that it held when the run was made:"
        " let another person approve, or withdraw the run and make a new one."
    )


class ReachesElsewhere(Problem):
    status, kind, title = 409, "erasing-reaches-elsewhere", "A school outside your reach holds records of this pupil"
    advice = (
        "Nobody erases what they do not answer for: agree with the data-protection officer of that school. Somebody who"
        " holds the role there and here makes the run and executes it."
    )


class RunTooOld(Problem):
    status, kind, title = 409, "retention-run-too-old", "The run was looked at too long ago"
    advice = "Withdraw it, make a new one and let two people approve that."


class RunDiffers(Problem):
    status, kind, title = 409, "retention-run-differs", "What would go is no longer what was approved"
    advice = "Withdraw it, make a new one and let two people approve that."


refuse("retention-run-state", RunState)
refuse("retention-run-stays", RunState)
refuse("retention-run-taken", IdTaken)
refuse("retention-needs-two", NeedsTwo)
refuse("pk_retention_approvals", ApprovedAlready)
refuse("uq_retention_approvals_run_id_account_id", ApprovedAlready)


@routes.get("", response_model=Listed[RunRead], summary="List retention runs")
async def list_retention_runs(
    caller: Annotated[Caller, may(Permission.retention_read)], filters: Annotated[RunFilters, Query()]
) -> Response:
    """The runs over the files of the caller's schools: how much each takes and how far it has come."""
    return await runs.page(caller, filters)


@routes.post(
    "", response_model=RunWhole, status_code=201, summary="Look at what retention would erase",
    openapi_extra=problems(ReachesElsewhere),
)  # fmt: skip
async def create_retention_run(caller: Annotated[Caller, may(Permission.retention_write)], body: RunCreate) -> Response:
    """Work out what would go, and erase nothing: pupils, classes of records and how many rows of each.

    By the schedule on a day, the children longest overdue first and at most 100 at once; or, with `pupil_id` and the
    `subject_request_id` of a request for erasure (under way, identity checked), everything about one
    pupil. Whoever is under a legal hold is left out. Where a school outside the caller's reach holds records that would
    go, the schedule leaves the pupil out, and a request answers 409 `erasing-reaches-elsewhere`.
    """
    return await _create(caller, body, None)


@routes.put(
    "/{retention_run_id}", response_model=RunWhole, status_code=201, summary="Look ahead under an id of your own",
    openapi_extra=problems(ReachesElsewhere),
)  # fmt: skip
async def put_retention_run(
    caller: Annotated[Caller, may(Permission.retention_write)], retention_run_id: Id, body: RunCreate
) -> Response:
    """As `create_retention_run`, with an id the client chose: the same body again answers 200."""
    return await _create(caller, body, retention_run_id)


async def _create(caller: Caller, body: RunCreate, chosen: UUID | None) -> Response:
    run_id, fresh = await caller.once(body, chosen)
    if fresh:
        due_on = body.due_on or clock.today()
        wrong = []
        if body.school_id not in caller.scope.schools:
            wrong.append(("/school_id", "is not a school within your reach"))
        if due_on > clock.today():
            wrong.append(("/due_on", "lies in the future"))
        if (body.pupil_id is None) != (body.subject_request_id is None):
            wrong.append(("/subject_request_id", "and pupil_id go together"))
        if wrong:
            raise Invalid(errors=wrong)
        if body.pupil_id and not await _keeps_file(caller, body.school_id, body.pupil_id):
            raise Invalid(errors=[("/pupil_id", "is not a pupil whose file that school keeps")])
        if body.subject_request_id and not await _may_be_granted(caller, body.subject_request_id, body.pupil_id):
            raise Invalid(
                errors=[("/subject_request_id", "is not an erasure request of that pupil ready to be granted")]
            )
        run = RetentionRun(
            id=run_id, school_id=body.school_id, due_on=due_on, subject_request_id=body.subject_request_id,
            pupil_id=body.pupil_id, digest="", made_by=caller.account_id,
        )  # fmt: skip
        going = await _would_go(caller, run)
        lines, run.digest = lines_in(going), digest_of(going)
        named = list(dict.fromkeys(line.pupil_id for line in lines))
        await caller.create(run, run.school_id, resource="retention_run", pupil_ids=named)
        if lines:
            written = [{"run_id": run_id, "school_id": run.school_id, **line._asdict()} for line in lines]
            await caller.session.execute(insert(RetentionRunLine), written)
    location = f"/v1/retention-runs/{run_id}"
    return await whole_run.one(caller, run_id, status=201 if fresh else 200, location=location)


async def _keeps_file(caller: Caller, school_id: UUID, pupil_id: UUID) -> bool:
    kept = select(col(Pupil.id)).where(col(Pupil.id) == pupil_id, col(Pupil.school_id) == school_id)
    return (await caller.session.execute(kept)).first() is not None


async def _may_be_granted(caller: Caller, request_id: UUID, pupil_id: UUID | None) -> bool:
    """Whether it is a request for erasure under way, of somebody who was made sure of; granting it is the approval."""
    wanted = select(col(SubjectRequest.id)).where(
        col(SubjectRequest.id) == request_id,
        col(SubjectRequest.pupil_id) == pupil_id,
        col(SubjectRequest.kind) == "erasure",
        col(SubjectRequest.status).in_(("in_progress", "ready")),
        col(SubjectRequest.identity_checked_on).is_not(None),
        within_school(col(SubjectRequest.school_id))(caller.scope.kinds),
    )
    return (await caller.session.execute(wanted, caller.scope.binds())).first() is not None


async def _would_go(caller: Caller, run: RetentionRun) -> Going:
    """Return the rows that would go; raises `ReachesElsewhere` if one pupil's are not all within the caller's reach."""
    within = frozenset(caller.scope.schools)
    # the eraser works past every fence, so what it would take is looked at past them too
    async with caller.beyond_fence():
        if run.pupil_id is None:
            return await due_of(caller.session, run.school_id, run.due_on, within)
        going = await all_of(caller.session, run.pupil_id)
    if any(elsewhere(rows, within) for rows in going.values()):
        raise ReachesElsewhere()
    return going


@routes.get("/{retention_run_id}", response_model=RunWhole, summary="Read a retention run")
async def read_retention_run(
    caller: Annotated[Caller, may(Permission.retention_read)], retention_run_id: Id
) -> Response:
    """One run: every pupil by id, every class of records with its number of rows, and who approved."""
    return await whole_run.one(caller, retention_run_id)


async def _proposed(caller: Caller, run_id: UUID) -> RetentionRun:
    run: RetentionRun = await for_change(caller, RetentionRun, run_id, run_visible)
    if run.status != "proposed":
        raise RunState()
    return run


async def _step(caller: Caller, run: RetentionRun, kind: str, **values: object) -> Response:
    lines = select(col(RetentionRunLine.pupil_id)).where(col(RetentionRunLine.run_id) == run.id).distinct()
    named = list((await caller.session.execute(lines)).scalars())
    for name, value in values.items():
        setattr(run, name, value)
    run.version, run.updated_at = run.version + 1, clock.now()
    caller.event(kind, "retention_run", run.school_id, resource_id=run.id, pupil_ids=named, fields=values)
    await caller.session.flush()
    return await whole_run.one(caller, run.id)


@routes.post(
    "/{retention_run_id}/approve", response_model=RunWhole, summary="Approve a retention run",
    openapi_extra=problems(RunState, ApprovedAlready, RunTooOld, NotInOffice),
)  # fmt: skip
async def approve_retention_run(
    caller: Annotated[Caller, may(Permission.retention_approve)], retention_run_id: Id
) -> Response:
    """Say that everything the run lists may go. Two different people must; whoever made it counts for one of them.

    Both must have held their roles before the run was made, and nobody else may have given them a password or a way to
    sign in since (409 `retention-approver-not-in-office`).
    """
    run = await _proposed(caller, retention_run_id)
    if clock.now() - run.created_at > GOOD_FOR:
        raise RunTooOld()
    if not await who_count(caller, run, [caller.account_id]):
        raise NotInOffice()
    given = {"run_id": run.id, "account_id": caller.account_id, "school_id": run.school_id, "at": clock.now()}
    await caller.session.execute(insert(RetentionApproval).values(given))
    return await _step(caller, run, "retention_run.approved")


@routes.post(
    "/{retention_run_id}/execute", response_model=RunWhole, summary="Erase what two people approved",
    openapi_extra=problems(RunState, NeedsTwo, ApproversGone, RunTooOld, RunDiffers, ReachesElsewhere),
)  # fmt: skip
async def execute_retention_run(
    caller: Annotated[Caller, may(Permission.retention_write)], retention_run_id: Id
) -> Response:
    """Let the worker erase, pupil by pupil, what the run lists; `status` tells when it has ended.

    Refused with 409 unless two people approved it within 30 days of its making and what would go is still the same,
    row for row and version for version. Whoever comes under a legal hold before the worker reaches them is passed over.
    """
    run = await _proposed(caller, retention_run_id)
    approved = select(col(RetentionApproval.account_id)).where(col(RetentionApproval.run_id) == run.id)
    people = (await caller.session.execute(approved)).scalars().all()
    if len(people) < PEOPLE_NEEDED:
        raise NeedsTwo()
    if len(await who_count(caller, run, people)) < PEOPLE_NEEDED:
        raise ApproversGone()
    if clock.now() - run.created_at > GOOD_FOR:
        raise RunTooOld()
    request_id = run.subject_request_id
    granted = request_id is None or await _may_be_granted(caller, request_id, run.pupil_id)
    if not granted or digest_of(await _would_go(caller, run)) != run.digest:
        raise RunDiffers()
    await put_in_hand(caller.session, run.id)
    return await _step(caller, run, "retention_run.started", status="executing", executed_by=caller.account_id)


@routes.post(
    "/{retention_run_id}/withdraw", response_model=RunWhole, summary="Withdraw a retention run",
    openapi_extra=problems(RunState),
)  # fmt: skip
async def withdraw_retention_run(
    caller: Annotated[Caller, may(Permission.retention_write)], retention_run_id: Id
) -> Response:
    """Take a run back before it is executed; nothing was erased."""
    return await _step(caller, await _proposed(caller, retention_run_id), "retention_run.withdrawn", status="withdrawn")
