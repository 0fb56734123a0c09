"""The rules that make double booking impossible: statements that put them up and take them down, per database."""

from migrations.rules.presence_postgresql import POSTGRESQL_DOWN, POSTGRESQL_UP
from migrations.rules.presence_sqlite import SQLITE_DOWN, SQLITE_UP

__all__ = ["POSTGRESQL_DOWN", "POSTGRESQL_UP", "SQLITE_DOWN", "SQLITE_UP"]
