"""`python -m tests.provider FOLDER`: serves the provider that FOLDER/provider.json describes, until it is ended.

Everything it does is Django OAuth Toolkit's own; configured here are its people and their claims, one public app, and
its signing keys, which are read from FOLDER/keys.json whenever that file has changed.
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings

FOLDER = Path(sys.argv[1])
TOLD = json.loads((FOLDER / "provider.json").read_text())
ISSUER = urlsplit(TOLD["issuer"])
LOGIN_FORM = (
    '<form method="post">{% csrf_token %}<input name="username"><input name="password" type="password">'
    '<input type="hidden" name="next" value="{{ next }}"></form>'
)

settings.configure(
    DEBUG=False,
    SECRET_KEY="a provider of the tests and of nothing else",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="tests.provider.addresses",
    USE_TZ=True,
    TIME_ZONE="UTC",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    # tables are made at once, without twenty migrations
    MIGRATION_MODULES={"auth": None, "contenttypes": None, "sessions": None, "oauth2_provider": None},
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "provider.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_FORM})],
                "context_processors": ["django.template.context_processors.request"],
            },
        }
    ],
    LOGIN_URL="/login/",
    LOGIN_PREFIX=ISSUER.path.strip("/"),
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": TOLD["issuer"],
        "OIDC_JWKS_MAX_AGE_SECONDS": TOLD["max_age"],
        "OAUTH2_VALIDATOR_CLASS": "tests.provider.claims.Validator",
        "SCOPES": {"openid": "who you are"},
        "ID_TOKEN_EXPIRE_SECONDS": 3600,
        "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    },
    CLAIMS={one["username"]: one["claims"] for one in TOLD["people"]},
)
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402
from oauth2_provider.settings import oauth2_settings  # noqa: E402


def prepare() -> None:
    """Make the tables, the people and the app, once."""
    if (FOLDER / "provider.sqlite3").exists():
        return
    call_command("migrate", run_syncdb=True, verbosity=0)
    for one in TOLD["people"]:
        get_user_model().objects.create_user(one["username"], None, one["password"], pk=one["id"])
    get_application_model().objects.create(
        client_id=TOLD["client_id"],
        client_type="public",
        authorization_grant_type="authorization-code",
        algorithm="RS256",
        redirect_uris=TOLD["redirect_uri"],
        skip_authorization=True,
    )


class Watched:
    """The site, its keys read anew when they have changed, and a line for every request."""

    def __init__(self) -> None:
        """Take Django's own application."""
        self.site = get_wsgi_application()
        self.read = ""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        kept = (FOLDER / "keys.json").read_text()
        if kept != self.read:
            keys = json.loads(kept)
            oauth2_settings.OIDC_RSA_PRIVATE_KEY = keys["current"]
            oauth2_settings.OIDC_RSA_PRIVATE_KEYS_INACTIVE = keys["others"]
            self.read = kept
        with (FOLDER / "asked.log").open("a") as log:
            log.write(environ["PATH_INFO"] + "\n")
        return self.site(environ, start_response)


class Quiet(WSGIRequestHandler):
    """Says nothing on the terminal."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Leave it out."""


class Threads(ThreadingMixIn, WSGIServer):
    """One thread for each connection."""

    daemon_threads = True


if __name__ == "__main__":
    prepare()
    with make_server("127.0.0.1", ISSUER.port or 0, Watched(), Threads, Quiet) as serving:
        serving.serve_forever()
