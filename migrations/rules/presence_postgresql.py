"""The presence rules for PostgreSQL 14 and later: constraints, one view, and triggers with the caller's own rights.

A booking is the only thing anybody writes. Its triggers lock, in this order: the bookings it takes from (innermost
first), spaces, pupils, adults (each by id), and then derive the presences, on which the rules themselves stand.
Errors have SQLSTATE IAP01 and one word for a message, or 23P01 with the name of the constraint.
"""

# A temporary table named like one of ours must not stand in for it, and pg_temp unnamed would come first.
# Plans are made once a session: planning the search for overlaps anew costs ten times what the search does.
# A plan made while a table is still small must not scan it for ever after.
SETTINGS = "SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off"

_LONGEST = "interval '12 hours'"

# Only changes of these columns move anybody; `purpose` and the like pass untouched.
_MOVING = ("space_id", "starts_at", "ends_at", "status", "pupil_ids", "staff_ids")
_FIXED = ("id", "school_id", "takes_from")


def _differs(columns: tuple[str, ...], old: str = "OLD", new: str = "NEW") -> str:
    before, after = (", ".join(f"{row}.{column}" for column in columns) for row in (old, new))
    return f"({before}) IS DISTINCT FROM ({after})"


def refuse(word: str) -> str:
    return f"RAISE EXCEPTION USING ERRCODE = 'IAP01', MESSAGE = '{word}'"


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql VOLATILE {SETTINGS} AS $${body}$$"


_CONSTRAINTS = [
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    *(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({condition})"
        for table in ("bookings", "presences")
        for name, condition in (
            ("end_after_start", "ends_at > starts_at"),
            ("not_too_long", f"ends_at - starts_at <= {_LONGEST}"),
        )
    ),
    "ALTER TABLE presences ADD CONSTRAINT presences_of_one_person CHECK (num_nonnulls(pupil_id, staff_id) = 1)",
    "ALTER TABLE presences ADD CONSTRAINT presences_pupil_one_place EXCLUDE USING gist"
    " (pupil_id WITH =, tstzrange(starts_at, ends_at, '[)') WITH &&) WHERE (pupil_id IS NOT NULL)",
    "ALTER TABLE presences ADD CONSTRAINT presences_staff_one_place EXCLUDE USING gist"
    " (staff_id WITH =, tstzrange(starts_at, ends_at, '[)') WITH &&) WHERE (staff_id IS NOT NULL)",
    "CREATE INDEX presences_space_start ON presences (space_id, starts_at)",
    "CREATE INDEX presences_booking ON presences (booking_id)",
    "CREATE INDEX booking_takings_outer ON booking_takings (outer_id)",
]

_PIECES = [
    """
CREATE VIEW presence_pieces AS
SELECT b.id AS booking_id, b.school_id, b.space_id, who.pupil_id, who.staff_id,
       lower(piece) AS starts_at, upper(piece) AS ends_at
  FROM bookings b
 CROSS JOIN LATERAL (
       SELECT pupil.id AS pupil_id, NULL::uuid AS staff_id FROM unnest(b.pupil_ids) AS pupil(id)
        UNION
       SELECT NULL::uuid, adult.id FROM unnest(b.staff_ids) AS adult(id)) who
 CROSS JOIN LATERAL unnest(
       tstzmultirange(tstzrange(b.starts_at, b.ends_at, '[)')) - COALESCE(
       (SELECT range_agg(tstzrange(inside.starts_at, inside.ends_at, '[)'))
          FROM booking_takings t JOIN bookings inside ON inside.id = t.inner_id
         WHERE t.outer_id = b.id AND inside.status = 'booked'
           AND (who.pupil_id = ANY (inside.pupil_ids) OR who.staff_id = ANY (inside.staff_ids))),
       '{}'::tstzmultirange)) AS piece
 WHERE b.status = 'booked'
""",
    # Before version 15 a view reads with its owner's rights; there is no other way to write it there.
    """
DO $$ BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE 'ALTER VIEW presence_pieces SET (security_invoker = true)';
  END IF;
END $$
""",
]

COLUMNS = "booking_id, school_id, space_id, pupil_id, staff_id, starts_at, ends_at"

# Bookings are locked innermost first: that is the order in which an UPDATE of an inner booking already holds them.
_BEFORE_BOOKING = _function(
    "bookings_lock_then_check",
    f"""
DECLARE
  outers uuid[];
  rooms uuid[] := ARRAY[OLD.space_id, NEW.space_id];
  people uuid[];
  room record;
BEGIN
  IF NEW.ends_at <= NEW.starts_at THEN
    {refuse("booking-ends-first")};
  END IF;
  IF NEW.ends_at - NEW.starts_at > {_LONGEST} THEN
    {refuse("booking-too-long")};
  END IF;
  IF cardinality(NEW.takes_from) > 0 THEN
    outers := ARRAY(SELECT unnest(NEW.takes_from) UNION
                    SELECT t.outer_id FROM booking_takings t WHERE t.inner_id = ANY (NEW.takes_from));
    PERFORM 1 FROM bookings b WHERE b.id = ANY (outers)
      ORDER BY (SELECT count(*) FROM booking_takings t WHERE t.inner_id = b.id) DESC, b.id FOR NO KEY UPDATE;
    IF OLD.status IS DISTINCT FROM NEW.status AND NEW.status = 'booked' AND EXISTS (
       SELECT FROM unnest(NEW.takes_from) AS taken(id) WHERE NOT EXISTS (
         SELECT FROM bookings b WHERE b.id = taken.id AND b.school_id = NEW.school_id AND b.status = 'booked'))
    THEN
      {refuse("outer-not-booked")};
    END IF;
    rooms := rooms || ARRAY(SELECT b.space_id FROM bookings b WHERE b.id = ANY (outers));
  END IF;
  FOR room IN SELECT s.id, s.ended_on FROM spaces s WHERE s.id = ANY (rooms) ORDER BY s.id FOR NO KEY UPDATE LOOP
    IF room.id = NEW.space_id AND NEW.status = 'booked'
       AND NEW.ends_at AT TIME ZONE 'UTC' > room.ended_on::timestamp THEN
      {refuse("space-ended")};
    END IF;
  END LOOP;
  people := OLD.pupil_ids || NEW.pupil_ids;
  PERFORM 1 FROM pupils p WHERE p.id = ANY (people) ORDER BY p.id FOR NO KEY UPDATE;
  people := OLD.staff_ids || NEW.staff_ids;
  PERFORM 1 FROM staff p WHERE p.id = ANY (people) ORDER BY p.id FOR NO KEY UPDATE;
  RETURN NEW;
END
""",
)

# Nobody can take from a booking that was not there a moment ago, so its people are present for the whole of it.
_AFTER_INSERT = _function(
    "bookings_fill_presences",
    f"""
DECLARE
  outers uuid[];
BEGIN
  IF cardinality(NEW.takes_from) > 0 THEN
    outers := ARRAY(SELECT unnest(NEW.takes_from) UNION
                    SELECT t.outer_id FROM booking_takings t WHERE t.inner_id = ANY (NEW.takes_from));
    INSERT INTO booking_takings (school_id, inner_id, outer_id)
      SELECT NEW.school_id, NEW.id, taken.id FROM unnest(outers) AS taken(id);
    IF NEW.status = 'booked' THEN
      DELETE FROM presences WHERE booking_id = ANY (outers)
         AND (pupil_id = ANY (NEW.pupil_ids) OR staff_id = ANY (NEW.staff_ids));
      INSERT INTO presences ({COLUMNS}) SELECT {COLUMNS} FROM presence_pieces
       WHERE booking_id = ANY (outers) AND (pupil_id = ANY (NEW.pupil_ids) OR staff_id = ANY (NEW.staff_ids));
    END IF;
  END IF;
  IF NEW.status = 'booked' THEN
    INSERT INTO presences ({COLUMNS})
      SELECT NEW.id, NEW.school_id, NEW.space_id, who.pupil_id, who.staff_id, NEW.starts_at, NEW.ends_at
        FROM (SELECT DISTINCT unnest(NEW.pupil_ids) AS pupil_id, NULL::uuid AS staff_id
               UNION ALL
              SELECT DISTINCT NULL::uuid, unnest(NEW.staff_ids)) who;
  END IF;
  RETURN NULL;
END
""",
)

# By statement, not by row: everything moved leaves its old place before anything arrives in its new one.
# Only people of the moved bookings are touched in the outer ones: nobody else's row is locked.
_AFTER_UPDATE = _function(
    "bookings_move_presences",
    f"""
DECLARE
  moved uuid[] := ARRAY(SELECT n.id FROM new_bookings n JOIN old_bookings o ON o.id = n.id
                         WHERE {_differs(_MOVING, "o", "n")});
  outers uuid[];
  people uuid[];
BEGIN
  IF cardinality(moved) = 0 THEN RETURN NULL; END IF;
  people := ARRAY(SELECT unnest(pupil_ids || staff_ids) FROM old_bookings WHERE id = ANY (moved)
                   UNION SELECT unnest(pupil_ids || staff_ids) FROM new_bookings WHERE id = ANY (moved));
  outers := ARRAY(SELECT outer_id FROM booking_takings WHERE inner_id = ANY (moved));
  DELETE FROM presences WHERE booking_id = ANY (moved);
  IF cardinality(outers) > 0 THEN
    DELETE FROM presences WHERE booking_id = ANY (outers)
       AND (pupil_id = ANY (people) OR staff_id = ANY (people));
  END IF;
  INSERT INTO presences ({COLUMNS}) SELECT {COLUMNS} FROM presence_pieces
   WHERE booking_id = ANY (moved || outers)
     AND (booking_id = ANY (moved) OR pupil_id = ANY (people) OR staff_id = ANY (people));
  RETURN NULL;
END
""",
)

_REFUSE_FIXED = _function("bookings_refuse_fixed", f"BEGIN {refuse('booking-fixed')}; END")

# The peak is the highest running total of comings (+1) and goings (-1), goings first: [a, b) and [b, c) never meet.
_PEAK = """
SELECT max(there) FROM (
  SELECT sum(step) OVER (ORDER BY at, step ROWS UNBOUNDED PRECEDING) AS there FROM (
    SELECT unnest(ARRAY[p.starts_at, p.ends_at]) AS at, unnest(ARRAY[1, -1]) AS step
      FROM presences p WHERE {condition}) steps) totals
"""

_THERE = f"""
p.space_id = n.space_id AND p.pupil_id IS NOT NULL
AND p.starts_at < n.ends_at AND p.starts_at > n.starts_at - {_LONGEST} AND p.ends_at > n.starts_at
"""

# Under REPEATABLE READ the lock would be fresh but the count old, and two callers could both find the last place.
# The rows as a number come first: never fewer than the peak, and far cheaper.
_AFTER_PRESENCE = _function(
    "presences_check_space",
    f"""
DECLARE
  n record;
BEGIN
  IF current_setting('transaction_isolation') = 'repeatable read' THEN
    RAISE EXCEPTION USING ERRCODE = '25001', MESSAGE = 'presences are not written under repeatable read';
  END IF;
  FOR n IN
    SELECT w.*, s.places, w.ends_at AT TIME ZONE 'UTC' > s.ended_on::timestamp AS ended
      FROM (SELECT DISTINCT space_id, starts_at, ends_at, pupil_id IS NOT NULL AS counts FROM new_presences) w
      JOIN spaces s ON s.id = w.space_id ORDER BY s.id FOR NO KEY UPDATE OF s
  LOOP
    IF n.ended THEN
      {refuse("space-ended")};
    END IF;
    IF n.counts THEN
      IF (SELECT count(*) FROM presences p WHERE {_THERE}) > n.places THEN
        IF ({_PEAK.format(condition=_THERE)}) > n.places THEN
          {refuse("space-full")};
        END IF;
      END IF;
    END IF;
  END LOOP;
  RETURN NULL;
END
""",
)

_BEFORE_SPACE = _function(
    "spaces_check_presences",
    f"""
BEGIN
  IF NEW.places < OLD.places
     AND ({_PEAK.format(condition="p.space_id = NEW.id AND p.pupil_id IS NOT NULL AND p.ends_at > now()")}
     ) > NEW.places THEN
    {refuse("space-full")};
  END IF;
  IF NEW.ended_on IS DISTINCT FROM OLD.ended_on AND EXISTS (
     SELECT FROM presences p WHERE p.space_id = NEW.id
        AND p.starts_at > NEW.ended_on::timestamp AT TIME ZONE 'UTC' - {_LONGEST}
        AND p.ends_at > NEW.ended_on::timestamp AT TIME ZONE 'UTC' AND p.ends_at > now()) THEN
    {refuse("space-ended")};
  END IF;
  RETURN NEW;
END
""",
)

_TRIGGERS = [
    "CREATE TRIGGER bookings_1_fixed BEFORE UPDATE ON bookings FOR EACH ROW"
    f" WHEN ({_differs(_FIXED)}) EXECUTE FUNCTION bookings_refuse_fixed()",
    "CREATE TRIGGER bookings_2_insert BEFORE INSERT ON bookings"
    " FOR EACH ROW EXECUTE FUNCTION bookings_lock_then_check()",
    "CREATE TRIGGER bookings_2_update BEFORE UPDATE ON bookings FOR EACH ROW"
    f" WHEN ({_differs(_MOVING)}) EXECUTE FUNCTION bookings_lock_then_check()",
    "CREATE TRIGGER bookings_3_insert AFTER INSERT ON bookings FOR EACH ROW EXECUTE FUNCTION bookings_fill_presences()",
    "CREATE TRIGGER bookings_3_update AFTER UPDATE ON bookings"
    " REFERENCING OLD TABLE AS old_bookings NEW TABLE AS new_bookings"
    " FOR EACH STATEMENT EXECUTE FUNCTION bookings_move_presences()",
    *(
        f"CREATE TRIGGER presences_{event.lower()} AFTER {event} ON presences REFERENCING NEW TABLE AS new_presences"
        " FOR EACH STATEMENT EXECUTE FUNCTION presences_check_space()"
        for event in ("INSERT", "UPDATE")
    ),
    "CREATE TRIGGER spaces_presences BEFORE UPDATE ON spaces FOR EACH ROW"
    f" WHEN ({_differs(('places', 'ended_on'))}) EXECUTE FUNCTION spaces_check_presences()",
]

POSTGRESQL_UP: list[str] = [
    *_CONSTRAINTS,
    *_PIECES,
    _BEFORE_BOOKING,
    _AFTER_INSERT,
    _AFTER_UPDATE,
    _REFUSE_FIXED,
    _AFTER_PRESENCE,
    _BEFORE_SPACE,
    *_TRIGGERS,
]

# The extension stays: other tables may have come to lean on it.
POSTGRESQL_DOWN: list[str] = [
    *(
        f"DROP TRIGGER {name} ON {name.split('_')[0]}"
        for name in (statement.split()[2] for statement in reversed(_TRIGGERS))
    ),
    "DROP FUNCTION spaces_check_presences(), presences_check_space(), bookings_refuse_fixed(),"
    " bookings_move_presences(), bookings_fill_presences(), bookings_lock_then_check()",
    "DROP VIEW presence_pieces",
    "DROP INDEX booking_takings_outer, presences_booking, presences_space_start",
    "ALTER TABLE presences DROP CONSTRAINT presences_staff_one_place, DROP CONSTRAINT presences_pupil_one_place,"
    " DROP CONSTRAINT presences_of_one_person, DROP CONSTRAINT presences_not_too_long,"
    " DROP CONSTRAINT presences_end_after_start",
    "ALTER TABLE bookings DROP CONSTRAINT bookings_not_too_long, DROP CONSTRAINT bookings_end_after_start",
]
