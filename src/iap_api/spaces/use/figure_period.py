"""The days that a figure is asked for: from one school day to another, at most a year, never beyond now."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, bindparam

from iap_api.core import clock
from iap_api.core.errors import Invalid
from iap_api.core.shapes import Day
from iap_api.core.tables import UtcDateTime
from iap_api.spaces.conditions import LONGEST
from iap_api.spaces.visits.visiting import WHEREABOUTS

MOST_DAYS = 366
_FROM, _UNTIL = bindparam("from", type_=UtcDateTime()), bindparam("until", type_=UtcDateTime())


class DaysAsked(BaseModel):
    """From which day to which, both included."""

    model_config = ConfigDict(extra="forbid")

    from_on: Day
    until_on: Annotated[Day, Field(description=f"At most {MOST_DAYS} days in all; what lies ahead is not counted yet.")]


def instants(asked: DaysAsked) -> tuple[datetime, datetime]:
    """Return when those days begin and end in London; raises `Invalid` naming what is wrong."""
    if asked.until_on < asked.from_on:
        raise Invalid(errors=[("/until_on", "lies before from_on")])
    if (asked.until_on - asked.from_on).days >= MOST_DAYS:
        raise Invalid(errors=[("/until_on", f"lies more than {MOST_DAYS} days on")])
    return _midnight(asked.from_on), _midnight(asked.until_on + timedelta(days=1))


def lies_in() -> tuple[ColumnElement[bool], ...]:
    """Return the filter for stays that began in a period; the search is bounded by what each was cut out of."""
    return (
        WHEREABOUTS.c.starts_at >= _FROM,
        WHEREABOUTS.c.starts_at < _UNTIL,
        WHEREABOUTS.c.whole_from > bindparam("from_start", type_=UtcDateTime()),
        WHEREABOUTS.c.whole_from < _UNTIL,
    )


def period_of(from_at: datetime, until_at: datetime) -> dict[str, datetime]:
    """Return the values for the parameters of `lies_in`."""
    return {"from": from_at, "from_start": from_at - LONGEST, "until": until_at}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.LONDON).astimezone(UTC)
