"""Holds the tables against the migrations: on both databases `alembic check` must find nothing left to migrate."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.util import CommandError

from iap_api.core.migrating import configuration, upgrade
from tests.postgres import private_postgres


def differs(url: str) -> bool:
    """Migrate a fresh database and say whether the tables differ from it."""
    upgrade(url)
    try:
        command.check(configuration(url))
    except CommandError as error:
        sys.stderr.write(f"{url.split(':')[0]}: {error}\n")
        return True
    return False


def main() -> int:
    """Check both databases."""
    with tempfile.TemporaryDirectory() as folder, private_postgres() as postgres:
        found = [differs(url) for url in (f"sqlite:///{Path(folder) / 'check.sqlite3'}", postgres)]
    return int(any(found))


if __name__ == "__main__":
    sys.exit(main())
