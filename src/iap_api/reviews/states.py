"""The states of a review, what is possible in each, and the refusal that says so."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core import clock
from iap_api.core.errors import IdTaken, Invalid, Problem
from iap_api.core.refusals import broken_rule, refuse
from iap_api.pupils.scope import about
from iap_api.reviews.tables import Addendum, Contribution, Review, Target

POSSIBLE = {
    "due": ("change", "contribute", "agree_target", "schedule", "cancel"),
    "scheduled": ("change", "contribute", "agree_target", "schedule", "hold", "cancel"),
    "held": ("change", "contribute", "agree_target", "rate_target", "hold", "close"),
    "closed": ("rate_target", "add_addendum"),
    "cancelled": (),
}
AWAITED = ("due", "scheduled")
visible = about(col(Review.pupil_id))


class ReviewState(Problem):
    status, kind, title = 409, "review-state", "The review is not at that point"
    advice = "See `review_status` for where it stands and `possible` for what can be done now."


def refused(status: str) -> ReviewState:
    """Return the refusal for a review in that state."""
    return ReviewState(review_status=status, possible=list(POSSIBLE[status]))


# the rule of the database behind the check: whoever comes past it meets the same refusal
CLOSED_STAYS = "closed-review-stays"
refuse(CLOSED_STAYS, lambda: refused("closed"))


async def add(caller: Caller, row: Review | Contribution | Target | Addendum, resource: str) -> None:
    """Add a review, or a part of one that was looked at under its lock; raises `IdTaken`.

    SQLite asks whether a row of that id stands in a closed review before it says that the id is taken: without this,
    the answer would tell that somebody's review is closed.
    """
    try:
        await caller.create(row, row.school_id, resource=resource, pupil_ids=[row.pupil_id])
    except DBAPIError as error:
        if broken_rule(error) == CLOSED_STAYS:
            raise IdTaken() from error
        raise


def check_possible(review: Review, what: str) -> None:
    """Raise `ReviewState` unless `what` is possible in the state of the review."""
    if what not in POSSIBLE[review.status]:
        raise refused(review.status)


async def review_locked(caller: Caller, review_id: UUID) -> Review:
    """Return the review named in a body, locked, so that closing it and adding to it come one after the other.

    Raises `Invalid`, the same for absent and out of reach.
    """
    statement = (
        select(Review)
        .where(col(Review.id) == bindparam("wanted", type_=Uuid()), visible(caller.scope.kinds))
        .with_for_update(of=Review)
    )
    found = (
        await caller.session.execute(statement, {**caller.scope.binds(), "wanted": review_id})
    ).scalar_one_or_none()
    if found is None:
        raise Invalid(errors=[("/review_id", "is not a review within your reach")])
    return found


async def part_changed(caller: Caller, review: Review) -> None:
    """Raise the version of an open review because something shown in it was added or changed.

    So nobody closes a review on a page that lacks the words which came in meanwhile.
    """
    review.version += 1
    review.updated_at = clock.now()
    await caller.session.flush()
