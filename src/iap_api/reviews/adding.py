"""A review, or a part of one, added under an id that may be taken."""

from sqlalchemy.exc import DBAPIError

from iap_api.access.caller import Caller
from iap_api.core.errors import IdTaken
from iap_api.core.refusals import broken_rule
from iap_api.reviews.tables import Addendum, Contribution, Review, Target


async def add(caller: Caller, row: Review | Contribution | Target | Addendum, resource: str) -> None:
    """Add a review, or a part of one that was looked at under its lock; raises `IdTaken`.

    SQLite asks whether a row of that id stands in a closed review before it says that the id is taken: without this,
    the answer would tell that somebody's review is closed.
    """
    try:
        await caller.create(row, row.school_id, resource=resource, pupil_ids=[row.pupil_id])
    except DBAPIError as error:
        if broken_rule(error) == "closed-review-stays":
            raise IdTaken() from error
        raise
