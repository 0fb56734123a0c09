"""What rooms ask of their bookings, for PostgreSQL: no closure, room between bookings, and enough adults.

The presence rules run first and hold the locks of every space concerned; these ask, once a statement, about what then
stands. Errors have SQLSTATE IAP01 and one word for a message.
"""

from migrations.rules.erasing import OF_ANYBODY
from migrations.rules.presence_postgresql import SETTINGS as OF_PRESENCE
from migrations.rules.presence_postgresql import refuse

# With sequential scans off, one small table without a fitting index makes a plan look so dear that PostgreSQL compiles
# it before each use: 94 ms for a booking that takes 0.4.
SETTINGS = f"{OF_PRESENCE} SET jit = off"
_PRESENCE_FUNCTIONS = (
    "bookings_refuse_fixed", "bookings_lock_then_check", "bookings_fill_presences", "bookings_move_presences",
    "presences_check_space", "spaces_check_presences",
)  # fmt: skip

# What only grows less (shortened, cancelled, fewer people) is never refused for room or closure.
_GROWN = """
   AND (o.id IS NULL OR o.status <> 'booked' OR o.space_id <> b.space_id OR b.starts_at < o.starts_at
        OR b.ends_at > o.ends_at OR NOT b.pupil_ids <@ o.pupil_ids)"""

_CLOSED = """
EXISTS (SELECT FROM closures c
         WHERE c.school_id = n.school_id AND c.withdrawn_at IS NULL AND c.from_at < n.ends_at AND c.until_at > n.starts_at
           AND (c.base_id IS NULL OR c.base_id = n.base_id)
           AND (cardinality(c.space_ids) = 0 OR n.space_id = ANY (c.space_ids)))"""

# The buffers lie around a whole booking: a pupil called out of it for a while leaves no gap to be cleaned.
_HELD = """
SELECT p.starts_at - CASE WHEN p.starts_at = b.starts_at THEN n.before ELSE '0' END AS starts_at,
       p.ends_at + CASE WHEN p.ends_at = b.ends_at THEN n.after ELSE '0' END AS ends_at
  FROM presences p JOIN bookings b ON b.id = p.booking_id
 WHERE p.space_id = n.space_id AND p.pupil_id IS NOT NULL
   AND p.starts_at < n.ends_at + n.before + n.after
   AND p.starts_at > n.starts_at - n.before - n.after - interval '12 hours'
   AND p.ends_at > n.starts_at - n.before - n.after"""

# An open visit is there until its space's usual length has passed once more; an ended one holds nothing. Who is booked
# there too has the place already.
_OPEN_VISITS = """
FROM visits v
 WHERE v.space_id = n.space_id AND v.ended_at IS NULL
   AND v.started_at < n.ends_at + n.after AND v.started_at > n.starts_at - n.before - interval '12 hours'
   AND v.holds_until > n.starts_at - n.before
   AND NOT EXISTS (SELECT FROM presences p WHERE p.pupil_id = v.pupil_id AND p.space_id = v.space_id
                      AND p.starts_at < v.holds_until AND p.ends_at > v.started_at)"""
_VISITING = f"""
 UNION ALL
SELECT v.started_at, v.holds_until {_OPEN_VISITS}"""

_PEAK = """
SELECT max(there) FROM (
  SELECT sum(step) OVER (ORDER BY at, step ROWS UNBOUNDED PRECEDING) AS there FROM (
    SELECT unnest(ARRAY[held.starts_at, held.ends_at]) AS at, unnest(ARRAY[1, -1]) AS step
      FROM ({held}) held WHERE held.starts_at < n.ends_at + n.after AND held.ends_at > n.starts_at - n.before) steps
) totals"""

_IN_USE = f"""
 OR EXISTS (SELECT {_OPEN_VISITS})"""

# At each instant after which somebody came or went: who is there until the next.
_TOO_FEW = """
SELECT FROM (
  SELECT at, lead(at) OVER (ORDER BY at) AS next_at,
         sum(pupils) OVER (ORDER BY at) AS pupils, sum(adults) OVER (ORDER BY at) AS adults
    FROM (SELECT step.at, sum(step.by) FILTER (WHERE p.pupil_id IS NOT NULL) AS pupils,
                 sum(step.by) FILTER (WHERE p.staff_id IS NOT NULL) AS adults
            FROM presences p CROSS JOIN LATERAL (VALUES (p.starts_at, 1), (p.ends_at, -1)) AS step(at, by)
           WHERE p.space_id = n.space_id AND p.starts_at < n.ends_at
             AND p.starts_at > n.starts_at - interval '12 hours' AND p.ends_at > n.starts_at
           GROUP BY step.at) moments) there
 WHERE at < n.ends_at AND next_at > greatest(n.starts_at, now())
   AND COALESCE(pupils, 0) > COALESCE(adults, 0) * n.pupils_per_adult"""


def _function(event: str, *, visits: bool) -> str:
    changed = event == "UPDATE"
    old = "LEFT JOIN old_bookings o ON o.id = b.id" if changed else ""
    held = _HELD + (_VISITING if visits else "")
    moved = (
        "SELECT * FROM new_bookings UNION ALL SELECT * FROM old_bookings" if changed else "SELECT * FROM new_bookings"
    )
    # a closure takes the adults away with the pupils, in whatever order
    only_moved = (
        """
     AND EXISTS (SELECT FROM new_bookings x JOIN old_bookings o ON o.id = x.id WHERE x.id = b.id
                    AND (x.space_id, x.starts_at, x.ends_at, x.status, x.pupil_ids, x.staff_ids)
                        IS DISTINCT FROM (o.space_id, o.starts_at, o.ends_at, o.status, o.pupil_ids, o.staff_ids)
                    AND NOT (x.closure_id IS NOT NULL AND x.status = 'cancelled'))"""
        if changed
        else ""
    )
    return f"""
CREATE OR REPLACE FUNCTION bookings_ask_rooms_{event.lower()}() RETURNS trigger LANGUAGE plpgsql VOLATILE {SETTINGS} AS $$
DECLARE
  n record;
BEGIN
  {f"IF {OF_ANYBODY} THEN RETURN NULL; END IF;" if changed else ""}
  FOR n IN
    SELECT b.school_id, b.space_id, b.starts_at, b.ends_at, s.base_id, s.places,
           make_interval(mins => s.buffer_before_minutes) AS before,
           make_interval(mins => s.buffer_after_minutes) AS after
      FROM new_bookings b JOIN spaces s ON s.id = b.space_id {old}
     WHERE b.status = 'booked' {_GROWN if changed else ""}
  LOOP
    IF {_CLOSED} THEN
      {refuse("space-closed")};
    END IF;
    IF n.before > '0' OR n.after > '0' {_IN_USE if visits else ""} THEN
      IF ({_PEAK.format(held=held)}) > n.places THEN
        {refuse("space-full")};
      END IF;
    END IF;
  END LOOP;
  FOR n IN
    SELECT s.id AS space_id, s.pupils_per_adult, b.starts_at, b.ends_at
      FROM ({moved}) b
      JOIN spaces s ON s.pupils_per_adult IS NOT NULL AND (s.id = b.space_id OR s.id IN (
           SELECT outside.space_id FROM booking_takings t JOIN bookings outside ON outside.id = t.outer_id
            WHERE t.inner_id = b.id))
     WHERE b.ends_at > now() {only_moved}
  LOOP
    IF EXISTS ({_TOO_FEW}) THEN
      {refuse("adults-missing")};
    END IF;
  END LOOP;
  RETURN NULL;
END
$$"""


_NEW_DEMAND = f"""
CREATE FUNCTION spaces_ask_adults() RETURNS trigger LANGUAGE plpgsql VOLATILE {SETTINGS} AS $$
DECLARE
  n record;
BEGIN
  SELECT NEW.id AS space_id, NEW.pupils_per_adult, now() AS starts_at, 'infinity'::timestamptz AS ends_at INTO n;
  IF EXISTS ({_TOO_FEW}) THEN
    {refuse("adults-missing")};
  END IF;
  RETURN NEW;
END
$$"""


def functions(*, visits: bool) -> list[str]:
    """The functions of the rules, with or without the visits that hold places; made anew when one is there."""
    return [_function(event, visits=visits) for event in ("INSERT", "UPDATE")]


POSTGRESQL_UP: list[str] = [
    *(f"ALTER FUNCTION {name}() SET jit = off" for name in _PRESENCE_FUNCTIONS),
    *functions(visits=False),
    "CREATE TRIGGER bookings_4_insert AFTER INSERT ON bookings REFERENCING NEW TABLE AS new_bookings"
    " FOR EACH STATEMENT EXECUTE FUNCTION bookings_ask_rooms_insert()",
    "CREATE TRIGGER bookings_4_update AFTER UPDATE ON bookings"
    " REFERENCING OLD TABLE AS old_bookings NEW TABLE AS new_bookings"
    " FOR EACH STATEMENT EXECUTE FUNCTION bookings_ask_rooms_update()",
    _NEW_DEMAND,
    "CREATE TRIGGER spaces_adults BEFORE UPDATE ON spaces FOR EACH ROW"
    " WHEN (NEW.pupils_per_adult IS DISTINCT FROM OLD.pupils_per_adult) EXECUTE FUNCTION spaces_ask_adults()",
]
POSTGRESQL_DOWN: list[str] = [
    "DROP TRIGGER spaces_adults ON spaces",
    "DROP FUNCTION spaces_ask_adults()",
    "DROP TRIGGER bookings_4_update ON bookings",
    "DROP TRIGGER bookings_4_insert ON bookings",
    "DROP FUNCTION bookings_ask_rooms_update(), bookings_ask_rooms_insert()",
    *(f"ALTER FUNCTION {name}() RESET jit" for name in _PRESENCE_FUNCTIONS),
]
