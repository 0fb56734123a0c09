"""Brings a database to the newest revision (or another one) with the owner's URL."""

from alembic import command
from alembic.config import Config

from iap_api.core.home import home


def configuration(url: str) -> Config:
    """Return Alembic's configuration for one database."""
    config = Config(str(home() / "alembic.ini"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up to `revision`."""
    command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str = "base") -> None:
    """Migrate down to `revision`."""
    command.downgrade(configuration(url), revision)
