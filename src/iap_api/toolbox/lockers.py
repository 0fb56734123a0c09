"""The rules of toolboxes and lockers: one open toolbox per pupil, one per locker, and ended only when empty."""

import unicodedata

from iap_api.core.errors import Conflict
from iap_api.core.refusals import refuse


class ToolboxExists(Conflict):
    status, kind, title = 409, "toolbox-exists", "The pupil has a toolbox already"
    advice = "Find it with GET /v1/toolboxes?pupil_id=, or end it before making another."


class LockerTaken(Conflict):
    status, kind, title = 409, "locker-taken", "That locker is taken"
    advice = "Another open toolbox of this base has that label: choose a free locker."


class ToolboxEnded(Conflict):
    status, kind, title = 409, "toolbox-ended", "The toolbox has ended"
    advice = "Make a new toolbox for the pupil."


class ToolboxNotEmpty(Conflict):
    status, kind, title = 409, "toolbox-not-empty", "The toolbox is not empty"
    advice = "Return every item first, then end the toolbox."


# SQLite reports the columns of a broken unique index, PostgreSQL its name.
for _rule in ("uq_toolboxes_one_per_pupil", "uq_toolboxes_pupil_id"):
    refuse(_rule, ToolboxExists)
for _rule in ("uq_toolboxes_one_per_locker", "uq_toolboxes_base_id_locker_key"):
    refuse(_rule, LockerTaken)
refuse("toolbox-ended", ToolboxEnded)
refuse("toolbox-not-empty", ToolboxNotEmpty)


def locker_key(label: str) -> str:
    """Return a locker's label as it is compared: `A 7` and `a  7` are one locker."""
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())
