"""The view of who is where: what visits say, and what bookings say of everybody who is on no visit meanwhile.

A pupil is in one place at any instant. Visits are facts and may overlap (two were reported late): the one that started
later wins, ties by id. An open visit lasts until `holds_until`. `whole_from` and `whole_until` are those of the booking's
presence or the visit before anything is cut out of it: neither is longer than 12 hours, so whoever asks for an instant
bounds the search by them.
"""

_COLUMNS = "school_id, space_id, pupil_id, staff_id, starts_at, ends_at, booking_id, visit_id, whole_from, whole_until"

_POSTGRESQL = """
CREATE VIEW whereabouts AS
SELECT v.school_id, v.space_id, v.pupil_id, NULL::uuid AS staff_id, lower(piece) AS starts_at, upper(piece) AS ends_at,
       NULL::uuid AS booking_id, v.id AS visit_id,
       v.started_at AS whole_from, COALESCE(v.ended_at, v.holds_until) AS whole_until
  FROM visits v
 CROSS JOIN LATERAL unnest(
       tstzmultirange(tstzrange(v.started_at, COALESCE(v.ended_at, v.holds_until), '[)')) - COALESCE(
       (SELECT range_agg(tstzrange(w.started_at, COALESCE(w.ended_at, w.holds_until), '[)'))
          FROM visits w
         WHERE w.pupil_id = v.pupil_id AND (w.started_at, w.id) > (v.started_at, v.id)
           AND w.started_at < COALESCE(v.ended_at, v.holds_until)),
       '{}'::tstzmultirange)) AS piece
UNION ALL
SELECT p.school_id, p.space_id, p.pupil_id, NULL::uuid, lower(piece), upper(piece), p.booking_id, NULL::uuid,
       p.starts_at, p.ends_at
  FROM presences p
 CROSS JOIN LATERAL unnest(
       tstzmultirange(tstzrange(p.starts_at, p.ends_at, '[)')) - COALESCE(
       (SELECT range_agg(tstzrange(w.started_at, COALESCE(w.ended_at, w.holds_until), '[)'))
          FROM visits w
         WHERE w.pupil_id = p.pupil_id
           AND w.started_at > p.starts_at - interval '12 hours' AND w.started_at < p.ends_at),
       '{}'::tstzmultirange)) AS piece
 WHERE p.pupil_id IS NOT NULL
UNION ALL
SELECT p.school_id, p.space_id, NULL::uuid, p.staff_id, p.starts_at, p.ends_at, p.booking_id, NULL::uuid,
       p.starts_at, p.ends_at
  FROM presences p WHERE p.staff_id IS NOT NULL
"""

# Before version 15 a view reads with its owner's rights; there is no other way to write it there.
_AS_CALLER = """
DO $$ BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    EXECUTE 'ALTER VIEW whereabouts SET (security_invoker = true)';
  END IF;
END $$
"""

# No visit is longer than 12 hours; what was open for longer is held to that on the way in.
_LENGTHS = {"not_too_long": "ended_at", "holds_not_too_long": "holds_until"}

POSTGRESQL_UP = [
    _POSTGRESQL,
    _AS_CALLER,
    *(
        f"ALTER TABLE visits ADD CONSTRAINT visits_{name} CHECK ({column} - started_at <= interval '12 hours')"
        for name, column in _LENGTHS.items()
    ),
]
POSTGRESQL_DOWN = [
    *(f"ALTER TABLE visits DROP CONSTRAINT visits_{name}" for name in reversed(_LENGTHS)),
    "DROP VIEW whereabouts",
]

_UNTIL = "COALESCE({0}.ended_at, {0}.holds_until)"
# a visit that goes before `one` (a presence, or another visit of the same pupil): any, or the later-started
_ABOVE = f"w.pupil_id = one.pupil_id AND {_UNTIL.format('w')} > w.started_at AND {{wins}}"
_WINS = {"presences": "1", "visits": "(w.started_at, w.id) > (one.started_at, one.id)"}
_FROM = {"presences": "one.starts_at", "visits": "one.started_at"}
_TO = {"presences": "one.ends_at", "visits": _UNTIL.format("one")}
_WHOSE = {"presences": "one.booking_id, NULL", "visits": "NULL, one.id"}


def _pieces(table: str, start: str, joined: str) -> str:
    """A piece starts where the whole does, or where a visit that goes before it ends, and lasts until the next one."""
    above = _ABOVE.format(wins=_WINS[table])
    return f"""
SELECT one.school_id, one.space_id, one.pupil_id, NULL, {start},
       min({_TO[table]}, COALESCE((SELECT min(w.started_at) FROM visits w WHERE {above} AND w.started_at > {start}),
           {_TO[table]})),
       {_WHOSE[table]}, {_FROM[table]}, {_TO[table]}
  FROM {table} one {joined}
 WHERE one.pupil_id IS NOT NULL AND {start} >= {_FROM[table]} AND {start} < {_TO[table]}
   AND NOT EXISTS (SELECT 1 FROM visits w
                    WHERE {above} AND w.started_at <= {start} AND {_UNTIL.format("w")} > {start})"""


def _of(table: str) -> str:
    gone = f"JOIN visits g ON {_ABOVE.format(wins=_WINS[table]).replace('w.', 'g.')}"
    return f"{_pieces(table, _FROM[table], '')}\nUNION{_pieces(table, _UNTIL.format('g'), gone)}"


SQLITE_UP = [
    f"CREATE VIEW whereabouts ({_COLUMNS}) AS SELECT * FROM ({_of('visits')})\nUNION ALL"
    f" SELECT * FROM ({_of('presences')})\nUNION ALL SELECT p.school_id, p.space_id, NULL, p.staff_id, p.starts_at,"
    " p.ends_at, p.booking_id, NULL, p.starts_at, p.ends_at FROM presences p WHERE p.staff_id IS NOT NULL",
    *(
        f"CREATE TRIGGER visits_{name}_{moment.lower()} BEFORE {moment} ON visits FOR EACH ROW"
        f" WHEN NEW.{column} > datetime(substr(NEW.started_at, 1, 19), '+12 hours') || substr(NEW.started_at, 20)"
        f" BEGIN SELECT RAISE(ABORT, 'visits_{name}'); END"
        for name, column in _LENGTHS.items()
        for moment in ("INSERT", "UPDATE")
    ),
]
SQLITE_DOWN = [
    *(f"DROP TRIGGER visits_{name}_{moment.lower()}" for name in reversed(_LENGTHS) for moment in ("UPDATE", "INSERT")),
    "DROP VIEW whereabouts",
]
