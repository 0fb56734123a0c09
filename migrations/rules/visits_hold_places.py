"""The rules of rooms made anew, so that an open visit holds its place against new bookings; and as they were before."""

from migrations.rules import rooms_postgresql, rooms_sqlite

POSTGRESQL_UP = rooms_postgresql.functions(visits=True)
POSTGRESQL_DOWN = rooms_postgresql.functions(visits=False)

SQLITE_UP = rooms_sqlite.triggers(visits=True)
SQLITE_DOWN = rooms_sqlite.triggers(visits=False)
