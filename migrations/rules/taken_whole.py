"""A meeting, and work on the room, take their space whole: nothing else is booked there meanwhile.

They have no pupils to count places by. The rule reads bookings and visits alone, so it does not matter when, among the
triggers of a booking, it is asked. On PostgreSQL the space is locked first, for a change of purpose alone moves nobody
and has locked nothing yet; SQLite writes one at a time.
"""

from migrations.rules.presence_sqlite import hours, ids
from migrations.rules.presence_sqlite import refuse as refuse_sqlite
from migrations.rules.rooms_postgresql import SETTINGS
from migrations.rules.rooms_postgresql import refuse as refuse_postgresql
from migrations.rules.rooms_sqlite import minutes

WORD = "space-taken-whole"
_WHOLE = "purpose IN ('meeting', 'maintenance')"
_INDEX = f"CREATE INDEX bookings_taking_whole ON bookings (space_id, starts_at) WHERE {_WHOLE}"

# what only grows less is never refused
_GROWN = f"""(OLD.status <> 'booked' OR OLD.space_id <> NEW.space_id OR NEW.starts_at < OLD.starts_at
      OR NEW.ends_at > OLD.ends_at OR (NEW.{_WHOLE} AND NOT OLD.{_WHOLE}))"""
_WHEN = {"INSERT": "NEW.status = 'booked'", "UPDATE": f"NEW.status = 'booked' AND {_GROWN}"}

# the buffers of the one after it and of the one before it both lie between two bookings; a visit has none of its own
_POSTGRESQL = f"""
CREATE FUNCTION bookings_ask_whole() RETURNS trigger LANGUAGE plpgsql VOLATILE {SETTINGS} AS $$
DECLARE
  before interval;
  after interval;
  gap interval;
BEGIN
  SELECT make_interval(mins => s.buffer_before_minutes), make_interval(mins => s.buffer_after_minutes)
    INTO before, after FROM spaces s WHERE s.id = NEW.space_id FOR NO KEY UPDATE;
  gap := before + after;
  IF EXISTS (SELECT FROM bookings b WHERE b.{_WHOLE} {{overlapping}})
     OR NEW.{_WHOLE} AND (EXISTS (SELECT FROM bookings b WHERE true {{overlapping}}) OR EXISTS (
        SELECT FROM visits v
         WHERE v.space_id = NEW.space_id AND v.ended_at IS NULL AND v.pupil_id <> ALL (NEW.pupil_ids)
           AND v.started_at < NEW.ends_at + after AND v.holds_until > NEW.starts_at - before)) THEN
    {refuse_postgresql(WORD)};
  END IF;
  RETURN NULL;
END
$$""".format(
    overlapping="""AND b.space_id = NEW.space_id AND b.status = 'booked' AND b.id <> NEW.id
        AND b.starts_at < NEW.ends_at + gap AND b.ends_at > NEW.starts_at - gap
        AND b.starts_at > NEW.starts_at - gap - interval '12 hours'"""
)

_GAP = "(s.buffer_before_minutes + s.buffer_after_minutes)"
_FROM, _UNTIL = minutes("NEW.starts_at", _GAP, "-"), minutes("NEW.ends_at", _GAP, "+")
_BEFORE = minutes("NEW.starts_at", "s.buffer_before_minutes", "-")
_AFTER = minutes("NEW.ends_at", "s.buffer_after_minutes", "+")
_OTHERS = f"""
 SELECT 1 FROM spaces s JOIN bookings b ON b.space_id = s.id
  WHERE s.id = NEW.space_id AND b.status = 'booked' AND b.id <> NEW.id
    AND b.starts_at < {_UNTIL} AND b.ends_at > {_FROM} AND b.starts_at > {hours("NEW.starts_at", -14)}"""
_VISITORS = f"""
 SELECT 1 FROM spaces s JOIN visits v ON v.space_id = s.id
  WHERE s.id = NEW.space_id AND v.ended_at IS NULL AND v.started_at < {_AFTER} AND v.holds_until > {_BEFORE}
    AND v.pupil_id NOT IN ({ids("NEW.pupil_ids")})"""


def _trigger_sqlite(event: str) -> str:
    alone = f"NEW.{_WHOLE} AND (EXISTS ({_OTHERS}) OR EXISTS ({_VISITORS}))"
    return f"""
CREATE TRIGGER bookings_{event.lower()}_whole AFTER {event} ON bookings FOR EACH ROW WHEN {_WHEN[event]} BEGIN
{refuse_sqlite(WORD, f"EXISTS ({_OTHERS} AND b.{_WHOLE})")}
{refuse_sqlite(WORD, alone)}
END"""


POSTGRESQL_UP = [
    _INDEX,
    _POSTGRESQL,
    *(
        f"CREATE TRIGGER bookings_5_{event.lower()}_whole AFTER {event} ON bookings FOR EACH ROW"
        f" WHEN ({when}) EXECUTE FUNCTION bookings_ask_whole()"
        for event, when in _WHEN.items()
    ),
]
POSTGRESQL_DOWN = [
    *(f"DROP TRIGGER bookings_5_{event.lower()}_whole ON bookings" for event in _WHEN),
    "DROP FUNCTION bookings_ask_whole()",
    "DROP INDEX bookings_taking_whole",
]
SQLITE_UP = [_INDEX, *(_trigger_sqlite(event) for event in _WHEN)]
SQLITE_DOWN = [*(f"DROP TRIGGER bookings_{event.lower()}_whole" for event in _WHEN), "DROP INDEX bookings_taking_whole"]
