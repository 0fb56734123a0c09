"""THE PROFILES: how the tokens of each kind of identity provider are read, one row for each, and nothing else is."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from iap_api.core.settings import Settings

ProviderKind = Literal["google", "entra", "other"]
TokenType = Literal["id_token", "access_token"]

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+")
_NUMBER = re.compile(r"[0-9]{1,255}")
_ANY = re.compile(r"[!-~]{1,255}")
_NONE = re.compile("")

ID_TOKEN: Final = frozenset({"JWT"})
ACCESS_TOKEN: Final = frozenset({"at+jwt", "application/at+jwt"})


@dataclass(frozen=True, slots=True)
class ProviderRules:
    """One declared profile (RFC 8725, 3.12: rules that exclude each other for each kind of token).

    `types` are the values of `typ`; `tenant_claim` and `subject_claim` name the user, in the forms given; a token
    without a claim of `needs`, or with one of `bars`, is of another kind; keys come from the issuer's own host or
    from `key_hosts`.
    """

    kind: ProviderKind
    token_type: TokenType
    types: frozenset[str]
    tenant_claim: str | None
    tenant_form: re.Pattern[str]
    subject_claim: str
    subject_form: re.Pattern[str]
    needs: frozenset[str] = frozenset()
    bars: frozenset[str] = frozenset()
    key_hosts: frozenset[str] = frozenset()
    # longer ones are refused: Microsoft's live 60 to 90 minutes, or a day where a client asks for that
    lifetime_seconds: int = 2 * 3600
    skew_seconds: int = 30


_ROWS = (
    # `hd` is absent for consumer accounts, and the domain of an e-mail address is no substitute
    ProviderRules(
        "google", "id_token", ID_TOKEN, "hd", _DOMAIN, "sub", _NUMBER,
        key_hosts=frozenset({"www.googleapis.com"}),
    ),
    # `scp` tells an access token that a person has delegated from an ID token, and from one of an app alone
    ProviderRules("entra", "id_token", ID_TOKEN, "tid", _GUID, "oid", _GUID, bars=frozenset({"scp"})),
    ProviderRules("entra", "access_token", ID_TOKEN, "tid", _GUID, "oid", _GUID, needs=frozenset({"scp"})),
    ProviderRules("other", "id_token", ID_TOKEN, None, _NONE, "sub", _ANY),
    ProviderRules(
        "other", "access_token", ACCESS_TOKEN, None, _NONE, "sub", _ANY, needs=frozenset({"client_id", "jti"})
    ),
)  # fmt: skip
RULES: Final = {(row.kind, row.token_type): row for row in _ROWS}


def issuer_of(settings: Settings, kind: ProviderKind, tenant: str) -> str | None:
    """Return the issuer that a kind and a tenant stand for; None for `other`, whose issuer is given."""
    if kind == "google":
        return settings.google_issuer
    return f"{settings.entra_host}/{tenant}/v2.0" if kind == "entra" else None


def one_spelling(settings: Settings, issuer: str) -> str:
    """Return the issuer as it is configured: Google leaves out `https://` in some tokens, and nobody else may."""
    google = settings.google_issuer
    return google if issuer == google.partition("://")[2] else issuer


def may_be_asked(settings: Settings, kind: ProviderKind, issuer: str) -> bool:
    """Say whether the operator's settings still allow this issuer: what a trust typed in is not enough."""
    return issuer in settings.other_issuers if kind == "other" else settings.known_kind(issuer) == kind
