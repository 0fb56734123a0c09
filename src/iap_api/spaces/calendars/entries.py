"""What one event of a calendar is, between the rows it comes from and the file it goes into."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Entry(NamedTuple):
    """One event; `status` is CONFIRMED, TENTATIVE or CANCELLED."""

    id: UUID
    version: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    status: str
    summary: str
    location: str
