"""What rooms ask of their bookings, for SQLite: no closure, room between bookings, and enough adults.

SQLite fires several triggers of one event in no promised order, so the questions are asked at the end of the triggers
that write the presences: those are made anew, from their own words, with the questions before their last line.
"""

from migrations.rules.erasing import OF_ANYBODY
from migrations.rules.presence_sqlite import SQLITE_UP as PRESENCE
from migrations.rules.presence_sqlite import differs, hours, refuse

_GROWN = """
 (OLD.status <> 'booked' OR OLD.space_id <> NEW.space_id OR NEW.starts_at < OLD.starts_at OR NEW.ends_at > OLD.ends_at
  OR EXISTS (SELECT 1 FROM json_each(NEW.pupil_ids) x WHERE x.value NOT IN (SELECT value FROM json_each(OLD.pupil_ids))))
"""

_CLOSED = """
EXISTS (SELECT 1 FROM closures c JOIN spaces s ON s.id = NEW.space_id
         WHERE c.school_id = NEW.school_id AND c.withdrawn_at IS NULL
           AND c.from_at < NEW.ends_at AND c.until_at > NEW.starts_at
           AND (c.base_id IS NULL OR c.base_id = s.base_id)
           AND (json_array_length(c.space_ids) = 0
                OR NEW.space_id IN (SELECT value FROM json_each(c.space_ids))))"""


def minutes(instant: str, minutes: str, sign: str) -> str:
    """An instant some minutes off; the fraction is carried over as text, for SQLite would round it."""
    return f"datetime(substr({instant}, 1, 19), '{sign}' || {minutes} || ' minutes') || substr({instant}, 20)"


_FROM = minutes("NEW.starts_at", "s.buffer_before_minutes", "-")
_UNTIL = minutes("NEW.ends_at", "s.buffer_after_minutes", "+")

# The buffers lie around a whole booking: a pupil called out of it for a while leaves no gap to be cleaned.
_HELD = f"""
SELECT CASE WHEN p.starts_at = b.starts_at THEN {minutes("p.starts_at", "s.buffer_before_minutes", "-")}
            ELSE p.starts_at END AS starts_at,
       CASE WHEN p.ends_at = b.ends_at THEN {minutes("p.ends_at", "s.buffer_after_minutes", "+")}
            ELSE p.ends_at END AS ends_at
  FROM spaces s JOIN presences p ON p.space_id = s.id JOIN bookings b ON b.id = p.booking_id
 WHERE s.id = NEW.space_id AND p.pupil_id IS NOT NULL
   AND p.starts_at < {hours("NEW.ends_at", 2)} AND p.starts_at > {hours("NEW.starts_at", -14)}"""

# An open visit is there until its space's usual length has passed once more; an ended one holds nothing. Who is booked
# there too has the place already.
_OPEN_VISITS = """
 FROM visits v
 WHERE v.space_id = NEW.space_id AND v.ended_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM presences p WHERE p.pupil_id = v.pupil_id AND p.space_id = v.space_id
                      AND p.starts_at < v.holds_until AND p.ends_at > v.started_at)"""
_VISITING = f"""
 UNION ALL
SELECT v.started_at, v.holds_until {_OPEN_VISITS}"""

_PEAK = f"""
SELECT max(there) FROM (
  SELECT sum(step) OVER (ORDER BY at, step ROWS UNBOUNDED PRECEDING) AS there FROM (
    SELECT h.starts_at AS at, 1 AS step FROM ({{held}}) h, spaces s
     WHERE s.id = NEW.space_id AND h.starts_at < {_UNTIL} AND h.ends_at > {_FROM}
    UNION ALL
    SELECT h.ends_at, -1 FROM ({{held}}) h, spaces s
     WHERE s.id = NEW.space_id AND h.starts_at < {_UNTIL} AND h.ends_at > {_FROM}))"""

_BUFFERED = "(SELECT buffer_before_minutes + buffer_after_minutes > 0 FROM spaces WHERE id = NEW.space_id)"
_IN_USE = f"EXISTS (SELECT 1 {_OPEN_VISITS})"
_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"


def _too_few(space: str, ratio: str, starts_at: str, ends_at: str) -> str:
    """At each instant after which somebody came or went: who is there until the next."""
    after = f"p.starts_at < {ends_at} AND p.starts_at > {hours(starts_at, -12)} AND p.ends_at > {starts_at}"
    steps = " UNION ALL ".join(
        f"SELECT p.{at} AS at, {by} * (p.pupil_id IS NOT NULL) AS pupils, {by} * (p.staff_id IS NOT NULL) AS adults"
        f" FROM presences p WHERE p.space_id = {space} AND {after}"
        for at, by in (("starts_at", 1), ("ends_at", -1))
    )
    return f"""
SELECT 1 FROM (
  SELECT at, lead(at) OVER (ORDER BY at) AS next_at,
         sum(pupils) OVER (ORDER BY at) AS pupils, sum(adults) OVER (ORDER BY at) AS adults
    FROM (SELECT at, sum(pupils) AS pupils, sum(adults) AS adults FROM ({steps}) GROUP BY at))
 WHERE at < {ends_at} AND next_at > max({starts_at}, {_NOW}) AND pupils > adults * {ratio}"""


def _adults(row: str) -> str:
    """The spaces of a booking, its own and those it takes people from, in which adults are missing meanwhile."""
    few = _too_few("s.id", "s.pupils_per_adult", f"{row}.starts_at", f"{row}.ends_at")
    return f"""{row}.ends_at > {_NOW} AND EXISTS (
  SELECT 1 FROM spaces s WHERE s.pupils_per_adult IS NOT NULL AND (s.id = {row}.space_id OR s.id IN (
         SELECT o.space_id FROM booking_takings t JOIN bookings o ON o.id = t.outer_id WHERE t.inner_id = {row}.id))
     AND EXISTS ({few}))"""


def _questions(grown: str, rows: tuple[str, ...], adults_when: str, *, visits: bool) -> str:
    held = _HELD + (_VISITING if visits else "")
    asked = f"({_BUFFERED} OR {_IN_USE})" if visits else _BUFFERED
    places = "(SELECT places FROM spaces WHERE id = NEW.space_id)"
    return "\n".join(
        [
            refuse("space-closed", f"NEW.status = 'booked' AND {grown} AND {_CLOSED}"),
            refuse(
                "space-full",
                f"NEW.status = 'booked' AND {grown} AND {asked} AND ({_PEAK.format(held=held)}) > {places}",
            ),
            *(refuse("adults-missing", f"{adults_when} AND {_adults(row)}") for row in rows),
        ]
    )


# a closure takes the adults away with the pupils, in whatever order
_NOT_BY_CLOSURE = "NOT (NEW.closure_id IS NOT NULL AND NEW.status = 'cancelled')"
# trigger: what counts as grown, whose period is looked at, when adults are counted, when it steps aside
_TRIGGERS = {
    "bookings_insert_fill": ("1", ("NEW",), "NEW.status = 'booked'", ""),
    "bookings_insert_take": ("1", ("NEW",), "NEW.status = 'booked'", ""),
    "bookings_update_move": (_GROWN, ("NEW", "OLD"), _NOT_BY_CLOSURE, f" AND NOT {OF_ANYBODY}"),
}


def triggers(*, visits: bool | None) -> list[str]:
    """The triggers that write presences: as they first were (None), or asking, with or without visits."""
    made = []
    for name, (grown, rows, adults_when, aside) in _TRIGGERS.items():
        (first,) = (one for one in PRESENCE if one.startswith(f"CREATE TRIGGER {name} "))
        head, body = first.removesuffix("\nEND").split(" BEGIN\n", 1)
        asked = "" if visits is None else _questions(grown, rows, adults_when, visits=visits)
        made += [f"DROP TRIGGER IF EXISTS {name}", f"{head}{aside} BEGIN\n{body}\n{asked}\nEND"]
    return made


# a bare year would be read as a number, and every text is more than a number
_AHEAD = _too_few("NEW.id", "NEW.pupils_per_adult", _NOW, "'9999-12-31'")
_NEW_DEMAND = f"""
CREATE TRIGGER spaces_adults BEFORE UPDATE ON spaces FOR EACH ROW WHEN {differs(("pupils_per_adult",))} BEGIN
{refuse("adults-missing", f"EXISTS ({_AHEAD})")}
END"""

SQLITE_UP: list[str] = [*triggers(visits=False), _NEW_DEMAND]
SQLITE_DOWN: list[str] = ["DROP TRIGGER spaces_adults", *triggers(visits=None)]
