"""One's own invitation over HTTP: a guest sees what it is for and what is shared, and gives one contribution."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Response
from sqlalchemy import Uuid, and_, bindparam, exists, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may, refused_token
from iap_api.access.guests import use
from iap_api.access.jose_reading import BadToken
from iap_api.access.policy import Permission
from iap_api.access.reading import PRIVATE
from iap_api.access.tables import Account, Guest, Place
from iap_api.core import clock
from iap_api.core.errors import Conflict, problems
from iap_api.core.routes import Routes
from iap_api.core.transactions import Prepared
from iap_api.pupils.scope import TODAY, current, registered_now
from iap_api.pupils.tables import Contact, Placement, Pupil, Registration
from iap_api.reviews.contributions import check_said
from iap_api.reviews.invitation_shapes import VOICES, GivenContribution, InvitationOpened, InvitedContribution
from iap_api.reviews.states import POSSIBLE, ReviewState, check_possible, part_changed
from iap_api.reviews.tables import Contribution, Invitation, Review, Target

routes = Routes("/v1/invitation", "invitations")
PROMPTS = {
    "parent_carer": [
        "What is going well, at home and at school?",
        "What is hard just now?",
        "What would you like to be different by the next review?",
    ],
    "pupil": ["What do you like here?", "What helps you when things are hard?", "What would you like to change?"],
    "outside_professional": ["What have you seen?", "What helps?", "What do you recommend, and by when?"],
}


class InvitationUsed(Conflict):
    status, kind, title = 409, "invitation-used", "What you had to say has been given already"
    advice = "It was received once and counts. Ask the school if you have more to say."


_before = aliased(Review)
_inviter, _beside = aliased(Account), aliased(Account)
_base = (
    select(col(Place.name))
    .join(Placement, col(Placement.base_id) == col(Place.id))
    .where(
        col(Placement.pupil_id) == col(Invitation.pupil_id), current(col(Placement.from_on), col(Placement.until_on))
    )
    .limit(1)
    .scalar_subquery()
)
_SHOWN = {
    "id": col(Invitation.id),
    "role": col(Guest.role),
    "purpose": col(Invitation.purpose),
    "name": col(Invitation.name),
    "school_name": col(Place.name),
    "base_name": _base,
    "pupil_given_name": col(Pupil.given_name),
    "invited_by": col(_inviter.name),
    "adult_beside": col(_beside.name),
    "review_kind": col(Review.kind),
    "review_due_on": col(Review.due_on),
    "scheduled_at": col(Review.scheduled_at),
    "place": col(Review.place),
    "expires_at": col(Guest.expires_at),
    "given_at": col(Guest.used_at),
}
_BESIDES = {
    "shared": col(Invitation.shared),
    "status": col(Review.status),
    "review_id": col(Review.id),
    "school_id": col(Invitation.school_id),
    "pupil_id": col(Invitation.pupil_id),
    "before_id": col(_before.id),
    "held_at": col(_before.held_at),
    "decision": col(_before.decision),
    "decision_note": col(_before.decision_note),
}
_NAMES = (*_SHOWN, *_BESIDES)
# whoever may no longer speak for the child, and a child who has left, end an invitation that nobody withdrew
_STANDS = (
    exists().where(
        col(Registration.pupil_id) == col(Invitation.pupil_id),
        col(Registration.school_id) == col(Invitation.school_id),
        registered_now(),
    ),
    ~exists().where(col(Contact.id) == col(Invitation.contact_id), col(Contact.ended_on) <= TODAY),
)
_OPENED = Prepared(
    select(*(column.label(name) for name, column in {**_SHOWN, **_BESIDES}.items()))
    .select_from(Invitation)
    .join(Guest, col(Guest.id) == col(Invitation.id))
    .join(Review, col(Review.id) == col(Invitation.review_id))
    .join(Place, col(Place.id) == col(Invitation.school_id))
    .join(Pupil, col(Pupil.id) == col(Invitation.pupil_id))
    .join(_inviter, col(_inviter.id) == col(Guest.invited_by))
    .outerjoin(_beside, col(_beside.id) == col(Guest.adult_beside_id))
    .outerjoin(_before, and_(col(_before.next_review_id) == col(Review.id), col(_before.status) == "closed"))
    .where(col(Invitation.id) == bindparam("wanted", type_=Uuid()), *_STANDS)
)
_TARGETS = Prepared(
    select(col(Target.text), col(Target.measure), col(Target.due_on), col(Target.level))
    .where(
        col(Target.review_id).in_([bindparam("review_id", type_=Uuid()), bindparam("before_id", type_=Uuid())]),
        col(Target.withdrawn_at).is_(None),
    )
    .order_by(col(Target.id))
)


@routes.get("", response_model=InvitationOpened, summary="Read my invitation")
async def read_own_invitation(caller: Annotated[Caller, may(Permission.invitation_use)]) -> Response:
    """What the guest is asked for: the review, the pupil's given name, who asks, and what is shared with them."""
    rows = await caller.rows(_OPENED, {"wanted": caller.account_id, "scope_today": clock.today()})
    if not rows:
        raise refused_token(BadToken("ended"))
    found: dict[str, Any] = dict(zip(_NAMES, rows[0], strict=True))
    # what is shared is shared for the one thing: it goes when the review is over
    over = "contribute" not in POSSIBLE[found["status"]]
    shared = [] if over else found["shared"]
    item = {name: found[name] for name in _SHOWN}
    item["by"] = VOICES[found["role"]]
    item["prompts"] = PROMPTS[found["role"]]
    item["possible"] = not over and found["given_at"] is None
    item["targets"] = await _targets(caller, found) if "targets" in shared else None
    decided = "summary" in shared and found["before_id"] is not None
    item["summary"] = {name: found[name] for name in ("held_at", "decision", "decision_note")} if decided else None
    caller.saw("invitation", found["school_id"], [found["pupil_id"]], found["id"])
    return Response(msgspec.json.encode(item), 200, PRIVATE, "application/json")


async def _targets(caller: Caller, found: dict[str, Any]) -> list[dict[str, Any]]:
    rows = await caller.rows(_TARGETS, {name: found[name] for name in ("review_id", "before_id")})
    return [dict(zip(("text", "measure", "due_on", "level"), row, strict=True)) for row in rows]


@routes.post(
    "/contribution",
    response_model=GivenContribution,
    status_code=201,
    summary="Say what I have to say",
    openapi_extra=problems(InvitationUsed, ReviewState),
)
async def give_contribution(
    caller: Annotated[Caller, may(Permission.invitation_use)], body: InvitedContribution
) -> Response:
    """Give the one contribution the invitation is for; a second, or the slower of two, answers 409 `invitation-used`.

    After it the code opens nothing more. A review that is over answers 409 `review-state`.
    """
    contribution_id, fresh = await caller.once(body)
    if fresh:
        await _give(caller, contribution_id, body)
    given = await caller.session.get_one(Contribution, contribution_id)
    if not fresh:
        caller.saw("contribution", given.school_id, [given.pupil_id], given.id)
    item = {name: getattr(given, name) for name in GivenContribution.model_fields}
    headers = {**PRIVATE, "Location": "/v1/invitation"}
    return Response(msgspec.json.encode(item), 201 if fresh else 200, headers, "application/json")


async def _give(caller: Caller, contribution_id: UUID, body: InvitedContribution) -> None:
    now = clock.now()
    values: dict[str, Any] = {**body.model_dump(), "given_on": clock.today()}
    check_said(values)
    # the review first, then the guest: the order in which inviting takes them
    named = (
        select(Review, col(Guest.role))
        .join(Invitation, col(Invitation.review_id) == col(Review.id))
        .join(Guest, col(Guest.id) == col(Invitation.id))
        .where(col(Invitation.id) == caller.account_id, *_STANDS)
        .with_for_update(of=Review)
    )
    found = (await caller.session.execute(named, {"scope_today": clock.today()})).one_or_none()
    if found is None or not await use(caller, now):
        raise await _why_not(caller)
    review, role = found
    check_possible(review, "contribute")
    contribution = Contribution(
        id=contribution_id, school_id=review.school_id, review_id=review.id, pupil_id=review.pupil_id, by=VOICES[role],
        written_by=caller.account_id, **values,
    )  # fmt: skip
    pupils = [review.pupil_id]
    await caller.create(contribution, review.school_id, resource="contribution", pupil_ids=pupils)
    marked = update(Invitation).where(col(Invitation.id) == caller.account_id)
    await caller.session.execute(marked.values(contribution_id=contribution_id))
    caller.event("invitation.used", "invitation", review.school_id, resource_id=caller.account_id, pupil_ids=pupils)
    await part_changed(caller, review)


async def _why_not(caller: Caller) -> Exception:
    used = select(col(Guest.used_at)).where(col(Guest.id) == caller.account_id)
    if (await caller.session.execute(used)).scalar_one() is not None:
        return InvitationUsed()
    # withdrawn, renewed or expired since the guard looked: what the next request is told
    return refused_token(BadToken("ended"))
