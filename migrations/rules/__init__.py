"""Rules that need the words of one database: statements put up and taken down by the migrations."""

from types import ModuleType

from alembic import op

from migrations.rules import bookings, ledger, presence, profiles, reviews, stock

FIRST = (presence, bookings, ledger, reviews, profiles, stock)


def put_up(*packages: ModuleType) -> None:
    """Put up the rules of these packages; without any, those of the first migration."""
    for statement in _chosen("UP", packages or FIRST):
        op.execute(statement.replace(":", r"\:"))


def take_down(*packages: ModuleType) -> None:
    """Take the rules down, in the opposite order."""
    for statement in _chosen("DOWN", tuple(reversed(packages or FIRST))):
        op.execute(statement.replace(":", r"\:"))


def _chosen(way: str, packages: tuple[ModuleType, ...]) -> list[str]:
    dialect = "POSTGRESQL" if op.get_bind().dialect.name == "postgresql" else "SQLITE"
    return [statement for package in packages for statement in getattr(package, f"{dialect}_{way}")]
