"""The states of a review, what is possible in each, and the refusal that says so."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlmodel import col

from iap_api.access.caller import Caller
from iap_api.core import clock
from iap_api.core.errors import Invalid, Problem
from iap_api.core.refusals import refuse
from iap_api.pupils.scope import about
from iap_api.reviews.tables import Review

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
refuse("closed-review-stays", lambda: refused("closed"))


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
