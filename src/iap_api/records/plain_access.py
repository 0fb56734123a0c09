"""Turns access records into sentences, day by day: what one person did several times on a day is said once."""

from collections.abc import Iterable
from datetime import date, datetime

from iap_api.core import clock
from iap_api.records.access_pages import Entry
from iap_api.records.index_words import day_in_words
from iap_api.records.plain_words import WHO, done
from iap_api.records.standing import Standings

# more times than these are counted, not listed
_MOST_TIMES = 3


def hour_in_words(at: datetime) -> str:
    """Return the time of the school's day: 9.14."""
    local = at.astimezone(clock.LONDON)
    return f"{local.hour}.{local.minute:02d}"


def short_name(name: str) -> str:
    """Return a person's name as a parent is told it: J. Smith."""
    first, *rest = name.split()
    return f"{first[0]}. {rest[-1]}" if rest else first


def who(entry: Entry, standings: Standings) -> str:
    """Return who did it: the role, where it is held, and the name."""
    if entry.account_id is None:
        return "the system itself"
    roles = standings.roles(entry)
    name = f" ({short_name(entry.account_name)})" if entry.account_name and entry.account_name.strip() else ""
    if not roles:
        return f"somebody with an account{name}"
    return f"{WHO[roles[0].role]} of {roles[0].place}{name}"


def _whose(name: str | None) -> dict[str, str]:
    if name is None:
        return {"name": "the pupil", "whose": "the pupil’s"}
    return {"name": name, "whose": f"{name}’" if name.endswith("s") else f"{name}’s"}


def _when(times: list[str]) -> str:
    if len(times) == 1:
        return f"at {times[0]}"
    if times[0] == times[-1]:
        return f"{len(times)} times at {times[0]}"
    if len(times) <= _MOST_TIMES and len(set(times)) == len(times):
        return f"at {', '.join(times[:-1])} and {times[-1]}"
    return f"{len(times)} times between {times[0]} and {times[-1]}"


def by_day(entries: Iterable[Entry], standings: Standings, name: str | None) -> list[tuple[date, list[str]]]:
    """Return each day with its sentences; `name` is the pupil's, or None for a record that was erased."""
    days: dict[date, dict[tuple[str, str], list[str]]] = {}
    for entry in entries:
        day = entry.at.astimezone(clock.LONDON).date()
        fields = tuple(entry.fields.split(",")) if entry.fields else ()
        act = done(entry.kind, entry.resource, a_list=entry.resource_id is None, fields=fields)
        times = days.setdefault(day, {}).setdefault((who(entry, standings), act), [])
        times.append(hour_in_words(entry.at))
    called = _whose(name)
    return [
        (
            day,
            [
                f"On {day_in_words(day)} {_when(times)} {somebody} {act.format_map(called)}."
                for (somebody, act), times in acts.items()
            ],
        )
        for day, acts in days.items()
    ]
