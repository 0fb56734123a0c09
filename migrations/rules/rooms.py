"""What rooms ask of their bookings beyond presence: statements that put the rules up and take them down, per database."""

from migrations.rules.rooms_postgresql import POSTGRESQL_DOWN, POSTGRESQL_UP
from migrations.rules.rooms_sqlite import SQLITE_DOWN, SQLITE_UP

__all__ = ["POSTGRESQL_DOWN", "POSTGRESQL_UP", "SQLITE_DOWN", "SQLITE_UP"]
