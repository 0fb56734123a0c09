"""Several bookings written by one statement fill their presences by one statement too (PostgreSQL).

Row by row, a series of 39 weeks spent most of its time in the checks that follow each single presence. SQLite has no
triggers for statements.
"""

from migrations.rules.presence_postgresql import COLUMNS
from migrations.rules.rooms_postgresql import SETTINGS

# A booking from which another of the same statement takes somebody is filled from its pieces, after the row triggers.
_FILL = f"""
CREATE FUNCTION bookings_fill_at_once() RETURNS trigger LANGUAGE plpgsql VOLATILE {SETTINGS} AS $$
DECLARE
  taken uuid[] := '{{}}';
BEGIN
  IF EXISTS (SELECT FROM new_bookings n WHERE cardinality(n.takes_from) > 0) THEN
    taken := ARRAY(SELECT n.id FROM new_bookings n WHERE cardinality(n.takes_from) = 0
                      AND EXISTS (SELECT FROM booking_takings t WHERE t.outer_id = n.id));
    DELETE FROM presences WHERE booking_id = ANY (taken);
    INSERT INTO presences ({COLUMNS}) SELECT {COLUMNS} FROM presence_pieces WHERE booking_id = ANY (taken);
  END IF;
  INSERT INTO presences ({COLUMNS})
    SELECT n.id, n.school_id, n.space_id, who.pupil_id, who.staff_id, n.starts_at, n.ends_at
      FROM new_bookings n
     CROSS JOIN LATERAL (
           SELECT DISTINCT unnest(n.pupil_ids) AS pupil_id, NULL::uuid AS staff_id
            UNION ALL
           SELECT DISTINCT NULL::uuid, unnest(n.staff_ids)) who
     WHERE n.status = 'booked' AND cardinality(n.takes_from) = 0 AND n.id <> ALL (taken);
  RETURN NULL;
END
$$"""
_BY_ROW = "CREATE TRIGGER bookings_3_insert AFTER INSERT ON bookings FOR EACH ROW {when}EXECUTE FUNCTION {name}()"

POSTGRESQL_UP: list[str] = [
    _FILL,
    "DROP TRIGGER bookings_3_insert ON bookings",
    _BY_ROW.format(when="WHEN (cardinality(NEW.takes_from) > 0) ", name="bookings_fill_presences"),
    "CREATE TRIGGER bookings_3_insert_at_once AFTER INSERT ON bookings REFERENCING NEW TABLE AS new_bookings"
    " FOR EACH STATEMENT EXECUTE FUNCTION bookings_fill_at_once()",
]
POSTGRESQL_DOWN: list[str] = [
    "DROP TRIGGER bookings_3_insert_at_once ON bookings",
    "DROP TRIGGER bookings_3_insert ON bookings",
    _BY_ROW.format(when="", name="bookings_fill_presences"),
    "DROP FUNCTION bookings_fill_at_once()",
]
SQLITE_UP: list[str] = []
SQLITE_DOWN: list[str] = []
