"""Rules that need the words of one database: statements put up and taken down by the migrations."""

from alembic import op

from migrations.rules import bookings, ledger, presence, profiles, reviews, stock


def put_up() -> None:
    """Put up every rule of the first migration."""
    for statement in _chosen("UP"):
        op.execute(statement.replace(":", r"\:"))


def take_down() -> None:
    """Take the rules down, in the opposite order."""
    for statement in _chosen("DOWN"):
        op.execute(statement.replace(":", r"\:"))


def _chosen(way: str) -> list[str]:
    dialect = "POSTGRESQL" if op.get_bind().dialect.name == "postgresql" else "SQLITE"
    packages = (presence, bookings, ledger, reviews, profiles, stock)
    ordered = packages if way == "UP" else reversed(packages)
    return [statement for package in ordered for statement in getattr(package, f"{dialect}_{way}")]
