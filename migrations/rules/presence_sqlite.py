"""The presence rules for SQLite 3.40 and later: one view, and triggers that refuse with one word each.

SQLite has one writer at a time, so nothing is locked here: every writer must begin with BEGIN IMMEDIATE. Instants are
text, `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, and compare as text; lists of ids are JSON arrays.
"""

from collections.abc import Callable

# Only changes of these columns move anybody; `purpose` and the like pass untouched.
_MOVING = ("space_id", "starts_at", "ends_at", "status", "pupil_ids", "staff_ids")
_FIXED = ("id", "school_id", "takes_from")

_COLUMNS = "booking_id, school_id, space_id, pupil_id, staff_id, starts_at, ends_at"


def differs(columns: tuple[str, ...]) -> str:
    return "(" + " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns) + ")"


def refuse(word: str, when: str) -> str:
    return f"SELECT RAISE(ABORT, '{word}') WHERE {when};"


def ids(column: str) -> str:
    """The ids in a JSON column, which SQLAlchemy may leave NULL or fill with a JSON null."""
    return f"SELECT value FROM json_each(COALESCE({column}, '[]')) WHERE value IS NOT NULL"


def hours(instant: str, hours: int) -> str:
    """An instant some hours off; the fraction is carried over as text, for SQLite would round it to milliseconds."""
    return f"datetime(substr({instant}, 1, 19), '{hours:+d} hours') || substr({instant}, 20)"


_INSTANT = " ".join(["-".join(["[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2]), ":".join(["[0-9]" * 2] * 3)])
_GLOB = f"'{_INSTANT}.{'[0-9]' * 6}'"

# A text that is no instant would compare as nonsense and slip through every other rule, so it counts as no time.
_PERIOD = "\n".join(
    [
        refuse(
            "booking-ends-first",
            f"(NEW.starts_at GLOB {_GLOB} AND NEW.ends_at GLOB {_GLOB} AND NEW.starts_at < NEW.ends_at) IS NOT TRUE",
        ),
        refuse("booking-too-long", f"(NEW.ends_at <= {hours('NEW.starts_at', 12)}) IS NOT TRUE"),
    ]
)

_INDEXES = [
    "CREATE INDEX presences_space_start ON presences (space_id, starts_at)",
    "CREATE INDEX presences_booking ON presences (booking_id)",
    "CREATE INDEX presences_pupil_start ON presences (pupil_id, starts_at, ends_at) WHERE pupil_id IS NOT NULL",
    "CREATE INDEX presences_staff_start ON presences (staff_id, starts_at, ends_at) WHERE staff_id IS NOT NULL",
    "CREATE INDEX booking_takings_outer ON booking_takings (outer_id)",
]


# The booked bookings that take this person from booking b.
_INSIDE = """
  FROM booking_takings t JOIN bookings i ON i.id = t.inner_id
 WHERE t.outer_id = b.id AND i.status = 'booked' AND who.value IN (SELECT value FROM json_each(i.{person}_ids))"""

# A piece starts where the booking does, or where an inner one ends, and lasts until the next inner one starts.
_PIECE = f"""
SELECT b.id AS booking_id, b.school_id, b.space_id, {{pupil}} AS pupil_id, {{adult}} AS staff_id, {{start}} AS starts_at,
       min(b.ends_at, COALESCE((SELECT min(i.starts_at) {_INSIDE} AND i.starts_at > {{start}}), b.ends_at)) AS ends_at
  FROM bookings b JOIN json_each(COALESCE(b.{{person}}_ids, '[]')) who {{after}}
 WHERE b.status = 'booked' AND who.value IS NOT NULL AND {{start}} >= b.starts_at AND {{start}} < b.ends_at
   AND NOT EXISTS (SELECT 1 {_INSIDE} AND i.starts_at <= {{start}} AND i.ends_at > {{start}}) AND ({{where}})"""

_AFTER_INNER = """
  JOIN booking_takings ended ON ended.outer_id = b.id
  JOIN bookings e ON e.id = ended.inner_id AND e.status = 'booked'
                 AND who.value IN (SELECT value FROM json_each(e.{person}_ids))"""


def _pieces(pupils: str, adults: str) -> str:
    """The pieces of the pupils (`who.value`) and the adults of bookings (`b`) for whom the conditions hold."""
    people = [
        {"person": "pupil", "pupil": "who.value", "adult": "NULL", "where": pupils},
        {"person": "staff", "pupil": "NULL", "adult": "who.value", "where": adults},
    ]
    starts = [{"start": "b.starts_at", "after": ""}, {"start": "e.ends_at", "after": _AFTER_INNER}]
    return "\nUNION".join(
        _PIECE.format(**{**person, **start, "after": start["after"].format(**person)})
        for person in people
        for start in starts
    )


_OUTERS = "SELECT outer_id FROM booking_takings WHERE inner_id = NEW.id"


def _give_and_take(people: Callable[[str], str], *, own: bool) -> str:
    """Write anew the presences of some people in the outer bookings and, where asked, all of the booking's own."""
    pupils, adults = people("pupil_ids"), people("staff_ids")
    bookings = f"{_OUTERS} UNION ALL SELECT NEW.id" if own else _OUTERS
    where = f"b.id IN ({bookings}) AND (b.id = NEW.id OR who.value IN ({{people}}))"
    return f"""
DELETE FROM presences WHERE booking_id IN ({_OUTERS})
   AND (pupil_id IN ({pupils}) OR staff_id IN ({adults}));
INSERT INTO presences ({_COLUMNS})
{_pieces(where.format(people=pupils), where.format(people=adults))};"""


def _old_and_new(column: str) -> str:
    return f"{ids('OLD.' + column)} UNION {ids('NEW.' + column)}"


_TAKES_NOTHING = "json_array_length(COALESCE(NEW.takes_from, '[]')) = 0"


def _ended(space: str, ends_at: str) -> str:
    return f"{ends_at} > (SELECT ended_on || ' 00:00:00.000000' FROM spaces WHERE id = {space})"


_FILL_OWN = f"""
INSERT INTO presences ({_COLUMNS})
  SELECT NEW.id, NEW.school_id, NEW.space_id, value, NULL, NEW.starts_at, NEW.ends_at
    FROM ({ids("NEW.pupil_ids")} GROUP BY value) WHERE NEW.status = 'booked';
INSERT INTO presences ({_COLUMNS})
  SELECT NEW.id, NEW.school_id, NEW.space_id, NULL, value, NEW.starts_at, NEW.ends_at
    FROM ({ids("NEW.staff_ids")} GROUP BY value) WHERE NEW.status = 'booked';"""

_TAKE = f"""
INSERT INTO booking_takings (school_id, inner_id, outer_id)
  SELECT NEW.school_id, NEW.id, outer_id FROM (
    SELECT value AS outer_id FROM json_each(NEW.takes_from)
     UNION SELECT t.outer_id FROM booking_takings t WHERE t.inner_id IN (SELECT value FROM json_each(NEW.takes_from)));
{_give_and_take(lambda column: ids("NEW." + column), own=False)}"""


def _check_booking(newly_booked: str) -> str:
    not_booked = f"""{newly_booked} AND EXISTS ({ids("NEW.takes_from")} AND value NOT IN (
      SELECT id FROM bookings WHERE id = value AND school_id = NEW.school_id AND status = 'booked'))"""
    ended = f"NEW.status = 'booked' AND {_ended('NEW.space_id', 'NEW.ends_at')}"
    return "\n".join([_PERIOD, refuse("outer-not-booked", not_booked), refuse("space-ended", ended)])


# The peak is the highest running total of comings (+1) and goings (-1), goings first: [a, b) and [b, c) never meet.
_PEAK = """
SELECT max(there) FROM (
  SELECT sum(step) OVER (ORDER BY at, step ROWS UNBOUNDED PRECEDING) AS there FROM (
    SELECT p.starts_at AS at, 1 AS step FROM presences p WHERE {condition}
    UNION ALL SELECT p.ends_at, -1 FROM presences p WHERE {condition}))"""

# No presence is longer than 12 hours, so none that started before then can reach into this one.
_OVERLAPPING = f"""p.starts_at < NEW.ends_at AND p.starts_at > {hours("NEW.starts_at", -12)}
   AND p.ends_at > NEW.starts_at"""

_IN_SPACE = f"p.space_id = NEW.space_id AND p.pupil_id IS NOT NULL AND {_OVERLAPPING}"
_PLACES = "(SELECT places FROM spaces WHERE id = NEW.space_id)"


def _elsewhere(person: str) -> str:
    same = f"p.{person} = NEW.{person} AND p.id <> NEW.id AND {_OVERLAPPING}"
    return f"NEW.{person} IS NOT NULL AND EXISTS (SELECT 1 FROM presences p WHERE {same})"


_CHECK_PRESENCE = "\n".join(
    [
        _PERIOD,
        refuse("presence-of-one-person", "(NEW.pupil_id IS NULL) = (NEW.staff_id IS NULL)"),
        refuse("space-ended", _ended("NEW.space_id", "NEW.ends_at")),
        refuse("pupil-elsewhere", _elsewhere("pupil_id")),
        refuse("adult-elsewhere", _elsewhere("staff_id")),
        refuse(
            "space-full",
            f"NEW.pupil_id IS NOT NULL AND (SELECT count(*) FROM presences p WHERE {_IN_SPACE}) > {_PLACES}"
            f" AND ({_PEAK.format(condition=_IN_SPACE)}) > {_PLACES}",
        ),
    ]
)

_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
_AHEAD = f"p.space_id = NEW.id AND p.ends_at > {_NOW}"

_CHECK_SPACE = "\n".join(
    [
        refuse(
            "space-full",
            "NEW.places < OLD.places"
            f" AND ({_PEAK.format(condition=_AHEAD + ' AND p.pupil_id IS NOT NULL')}) > NEW.places",
        ),
        refuse(
            "space-ended",
            "NEW.ended_on IS NOT OLD.ended_on AND EXISTS (SELECT 1 FROM presences p"
            f" WHERE {_AHEAD} AND p.ends_at > NEW.ended_on || ' 00:00:00.000000'"
            " AND p.starts_at > datetime(NEW.ended_on, '-12 hours'))",
        ),
    ]
)

_NEWLY_BOOKED = "OLD.status IS NOT NEW.status AND NEW.status = 'booked'"
_MOVED = "DELETE FROM presences WHERE booking_id = NEW.id;" + _give_and_take(_old_and_new, own=True)

# name, event, condition, what happens
_TRIGGERS = [
    ("bookings_fixed", "BEFORE UPDATE ON bookings", differs(_FIXED), refuse("booking-fixed", "1")),
    ("bookings_insert_check", "BEFORE INSERT ON bookings", "1", _check_booking("NEW.status = 'booked'")),
    ("bookings_update_check", "BEFORE UPDATE ON bookings", differs(_MOVING), _check_booking(_NEWLY_BOOKED)),
    ("bookings_insert_fill", "AFTER INSERT ON bookings", _TAKES_NOTHING, _FILL_OWN),
    ("bookings_insert_take", "AFTER INSERT ON bookings", f"NOT ({_TAKES_NOTHING})", _TAKE + _FILL_OWN),
    ("bookings_update_move", "AFTER UPDATE ON bookings", differs(_MOVING), _MOVED),
    ("presences_insert", "AFTER INSERT ON presences", "1", _CHECK_PRESENCE),
    ("presences_update", "AFTER UPDATE ON presences", "1", _CHECK_PRESENCE),
    ("spaces_presences", "BEFORE UPDATE ON spaces", differs(("places", "ended_on")), _CHECK_SPACE),
]

SQLITE_UP: list[str] = [
    *_INDEXES,
    f"CREATE VIEW presence_pieces AS {_pieces('1', '1')}",
    *(
        f"CREATE TRIGGER {name} {event} FOR EACH ROW WHEN {condition} BEGIN\n{body}\nEND"
        for name, event, condition, body in _TRIGGERS
    ),
]

SQLITE_DOWN: list[str] = [
    *(f"DROP TRIGGER {name}" for name, _, _, _ in reversed(_TRIGGERS)),
    "DROP VIEW presence_pieces",
    "DROP INDEX booking_takings_outer",
    "DROP INDEX presences_staff_start",
    "DROP INDEX presences_pupil_start",
    "DROP INDEX presences_booking",
    "DROP INDEX presences_space_start",
]
