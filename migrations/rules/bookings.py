"""The index by which the bookings of a pupil are found; SQLite has no index into a list and searches a school's own."""

POSTGRESQL_UP = ["CREATE INDEX bookings_pupils ON bookings USING gin (pupil_ids)"]
POSTGRESQL_DOWN = ["DROP INDEX bookings_pupils"]

SQLITE_UP: list[str] = []
SQLITE_DOWN: list[str] = []
