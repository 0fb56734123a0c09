"""Invitations over HTTP: a parent, a pupil or an outside professional is asked to be heard for one review."""

import hmac
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query, Response
from sqlalchemy import ColumnElement, Select, null, or_, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.access.guard import may
from iap_api.access.guests import new_code
from iap_api.access.policy import Permission
from iap_api.access.reading import Listed, Reading, for_change
from iap_api.access.tables import Account, Guest
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, NotFound, problems
from iap_api.core.refusals import refuse
from iap_api.core.routes import Routes
from iap_api.core.shapes import Id
from iap_api.core.tables import new_id
from iap_api.pupils.scope import about
from iap_api.pupils.tables import Contact
from iap_api.reviews.invitation_shapes import (
    InvitationCreate,
    InvitationFilters,
    InvitationMade,
    InvitationRead,
    InvitationRenew,
)
from iap_api.reviews.states import ReviewState, check_possible
from iap_api.reviews.states import visible as review_visible
from iap_api.reviews.tables import Invitation, Review
from iap_api.schools.tables import Staff

routes = Routes("/v1", "invitations")
# long enough for a letter in a school bag and the holidays; a review comes round every six weeks
LONGEST = timedelta(days=60)


class InvitationOpen(Conflict):
    status, kind, title = 409, "invitation-open", "This guest has an open invitation to this review already"
    advice = "Renew that one for a fresh code, or withdraw it first."


class InvitationOver(Conflict):
    status, kind, title = 409, "invitation-over", "The invitation was used or withdrawn"
    advice = "Make a new invitation, or renew one that is still open."


refuse("uq_guests_live", InvitationOpen)
refuse("uq_guests_for_whom", InvitationOpen)


def _guest_visible(kinds: frozenset[str]) -> ColumnElement[bool]:
    return about(col(Guest.pupil_id))(kinds)


def _with_guest(statement: Select[Any]) -> Select[Any]:
    return statement.join(Guest, col(Guest.id) == col(Invitation.id))


def _status(item: dict[str, Any]) -> None:
    item["status"] = (
        "withdrawn" if item["withdrawn_at"] else "used" if item["used_at"]
        else "expired" if item["expires_at"] <= clock.now() else "open"
    )  # fmt: skip


_OF_GUEST = ("version", "role", "adult_beside_id", "invited_by", "expires_at", "opened_at", "used_at",
             "withdrawn_at", "created_at")  # fmt: skip
invitations = Reading(
    InvitationRead,
    Invitation,
    visible=about(col(Invitation.pupil_id)),
    resource="invitation",
    school=col(Invitation.school_id),
    pupil=col(Invitation.pupil_id),
    also={**{name: getattr(Guest, name) for name in _OF_GUEST}, "status": null()},
    joined=_with_guest,
    filters={"review_id": lambda value: col(Invitation.review_id) == value},
    finish=_status,
)


async def _review(caller: Caller, review_id: UUID, *, lock: bool = False) -> Review:
    named = select(Review).where(col(Review.id) == review_id, review_visible(caller.scope.kinds))
    if lock:
        named = named.with_for_update(of=Review)
    review = (await caller.session.execute(named, caller.scope.binds())).scalar_one_or_none()
    if review is None:
        raise NotFound()
    return review


@routes.get(
    "/reviews/{review_id}/invitations",
    response_model=Listed[InvitationRead],
    summary="List the invitations to a review",
)
async def list_invitations(
    caller: Annotated[Caller, may(Permission.invitation_read)],
    review_id: Id,
    page: Annotated[InvitationFilters, Query()],
) -> Response:
    """Who was invited to be heard for the review, and what became of it, in the order they were invited."""
    await _review(caller, review_id)
    return await invitations.page(caller, page, also={"review_id": review_id})


@routes.post(
    "/reviews/{review_id}/invitations",
    response_model=InvitationMade,
    status_code=201,
    summary="Invite somebody to be heard",
    openapi_extra=problems(ReviewState, InvitationOpen),
)
async def create_invitation(
    caller: Annotated[Caller, may(Permission.invitation_write)], review_id: Id, body: InvitationCreate
) -> Response:
    """Invite a parent or carer, the pupil, or an outside professional to give one contribution to the review.

    The answer shows the code once: put it into the link you send, after a `#`, so that no server's log holds it. A
    repetition with the same Idempotency-Key shows the invitation without it: renew it if it was lost. A guest with an
    open invitation gets no second: 409 `invitation-open`.
    """
    invitation_id, fresh = await caller.once(body)
    code = None
    if fresh:
        # the review first, then the guest: the order in which a contribution takes them
        review = await _review(caller, review_id, lock=True)
        check_possible(review, "contribute")
        await _check(caller, review, body)
        code, digest = new_code()
        beside = (body.adult_beside_id or caller.account_id) if body.role == "pupil" else None
        guest = Guest(
            id=invitation_id, school_id=review.school_id, pupil_id=review.pupil_id, role=body.role,
            for_whom=_for_whom(caller, review_id, body), adult_beside_id=beside, invited_by=caller.account_id,
            code_digest=digest, expires_at=body.expires_at,
        )  # fmt: skip
        invitation = Invitation(
            id=invitation_id, school_id=review.school_id, review_id=review_id, pupil_id=review.pupil_id,
            name=body.name, contact_id=body.contact_id, shared=list(body.shared),
        )  # fmt: skip
        await caller.create(guest, review.school_id, resource="invitation", pupil_ids=[review.pupil_id])
        caller.session.add(invitation)
        await caller.session.flush()
    location = f"/v1/invitations/{invitation_id}"
    answer = await invitations.one(caller, invitation_id, status=201 if fresh else 200, location=location)
    return _with_code(answer, code)


def _for_whom(caller: Caller, review_id: UUID, body: InvitationCreate) -> bytes:
    """Return who is meant, the same for whoever is: a review has one pupil, a contact is one person, else a name."""
    who = "" if body.role == "pupil" else str(body.contact_id or (body.name or "").casefold())
    secret: bytes = caller.request.app.state.digest_key
    return hmac.digest(secret, f"guest:{review_id}:{body.role}:{who}".encode(), "sha256")


async def _check(caller: Caller, review: Review, body: InvitationCreate) -> None:
    wrong = _wrong_end(body)
    if (body.name is None) != (body.role == "pupil"):
        wrong.append(("/name", "says whom the guest is greeted as; a pupil needs none"))
    if body.contact_id is not None and not await _is_contact(caller, review, body):
        wrong.append(("/contact_id", "is not a contact of this pupil; only a parent or carer has one"))
    if body.adult_beside_id is not None and not await _is_adult(caller, review, body):
        wrong.append(("/adult_beside_id", "is not an account of this school's staff; only a pupil has an adult beside"))
    if wrong:
        raise Invalid(errors=wrong)


def _wrong_end(body: InvitationCreate | InvitationRenew) -> list[tuple[str, str]]:
    now = clock.now()
    if now < body.expires_at <= now + LONGEST:
        return []
    return [("/expires_at", f"must lie ahead, and not more than {LONGEST.days} days")]


async def _is_contact(caller: Caller, review: Review, body: InvitationCreate) -> bool:
    if body.role != "parent_carer":
        return False
    known = select(col(Contact.id)).where(
        col(Contact.id) == body.contact_id, col(Contact.pupil_id) == review.pupil_id,
        col(Contact.school_id) == review.school_id,
        or_(col(Contact.ended_on).is_(None), col(Contact.ended_on) > clock.today()),
    )  # fmt: skip
    return (await caller.session.execute(known)).first() is not None


async def _is_adult(caller: Caller, review: Review, body: InvitationCreate) -> bool:
    if body.role != "pupil":
        return False
    if body.adult_beside_id == caller.account_id:
        return True
    working = (
        select(col(Staff.id))
        .join(Account, col(Account.id) == col(Staff.account_id))
        .where(
            col(Staff.account_id) == body.adult_beside_id, col(Staff.school_id) == review.school_id,
            col(Staff.ended_on).is_(None), col(Account.disabled_at).is_(None),
        )
    )  # fmt: skip
    return (await caller.session.execute(working)).first() is not None


def _with_code(answer: Response, code: str | None) -> Response:
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    shown = {**msgspec.json.decode(bytes(answer.body)), "code": code}
    return Response(msgspec.json.encode(shown), answer.status_code, headers)


@routes.get("/invitations/{invitation_id}", response_model=InvitationRead, summary="Read an invitation")
async def read_invitation(caller: Annotated[Caller, may(Permission.invitation_read)], invitation_id: Id) -> Response:
    """One invitation, without its code."""
    return await invitations.one(caller, invitation_id)


@routes.post(
    "/invitations/{invitation_id}/withdraw",
    response_model=InvitationRead,
    summary="Withdraw an invitation",
    openapi_extra=problems(InvitationOver),
)
async def withdraw_invitation(
    caller: Annotated[Caller, may(Permission.invitation_write)], invitation_id: Id
) -> Response:
    """Take an invitation back: its code, and a guest who is looking at it, are refused from the next request on."""
    guest = await _live(caller, invitation_id)
    values = {"withdrawn_at": clock.now(), "withdrawn_by": caller.account_id}
    await caller.change(guest, values, guest.school_id, resource="invitation", kind="ended", pupil_ids=[guest.pupil_id])
    return await invitations.one(caller, invitation_id)


@routes.post(
    "/invitations/{invitation_id}/renew",
    response_model=InvitationMade,
    summary="Renew an invitation",
    openapi_extra=problems(InvitationOver),
)
async def renew_invitation(
    caller: Annotated[Caller, may(Permission.invitation_write)], invitation_id: Id, body: InvitationRenew
) -> Response:
    """Make a new code, shown once, and set a new end; the old code and its tokens are refused from now on."""
    guest = await _live(caller, invitation_id)
    if wrong := _wrong_end(body):
        raise Invalid(errors=wrong)
    code, guest.code_digest = new_code()
    values = {"expires_at": body.expires_at, "session_id": new_id()}
    await caller.change(
        guest, values, guest.school_id, resource="invitation", kind="invitation.renewed", pupil_ids=[guest.pupil_id]
    )
    return _with_code(await invitations.one(caller, invitation_id), code)


async def _live(caller: Caller, invitation_id: UUID) -> Guest:
    guest: Guest = await for_change(caller, Guest, invitation_id, _guest_visible)
    if guest.used_at is not None or guest.withdrawn_at is not None:
        raise InvitationOver()
    return guest
