"""Judges the token of an identity provider: whose it is, by the provider's own keys and its declared profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access.jose_reading import BadToken, Opened, checked_times, printable
from iap_api.access.provider_keys import KeySets
from iap_api.access.provider_rules import RULES, ProviderKind, ProviderRules, TokenType, may_be_asked, one_spelling
from iap_api.access.provider_tables import IdentityProvider
from iap_api.core.settings import Settings

# a token may list groups and ways of signing in, each in a list of its own
MOST_BRACKETS: Final = 64
ALWAYS: Final = frozenset({"iss", "aud", "iat", "exp"})


class Configured(NamedTuple):
    """One provider as it is configured."""

    id: UUID
    trust_id: UUID
    kind: ProviderKind
    token_type: TokenType
    issuer: str
    tenant: str
    audience: str

    @property
    def rules(self) -> ProviderRules:
        """Its declared profile."""
        return RULES[self.kind, self.token_type]


_CONFIGURED = select(*(col(getattr(IdentityProvider, name)) for name in Configured._fields)).where(
    col(IdentityProvider.issuer) == bindparam("issuer"), col(IdentityProvider.ended_at).is_(None)
)


@dataclass(frozen=True, slots=True)
class Proved:
    """Who a sound token is about: the providers it fits (one in each trust at most), tenant and subject."""

    provider_ids: tuple[UUID, ...]
    tenant: str
    subject: str


class ProviderToken:
    """A token said to be a provider's."""

    def __init__(
        self, token: str, token_type: TokenType | None, settings: Settings, provider_id: UUID | None = None
    ) -> None:
        """Take the token apart; raises BadToken.

        `token_type`: what the sender says it is, None if they do not. `provider_id`: the one provider it is to be
        judged for, where somebody is known in two trusts.
        """
        self._opened = Opened(token, MOST_BRACKETS)
        self._provider_id = provider_id
        self._token_type = token_type
        self._settings = settings
        self.issuer = one_spelling(settings, self._opened.unverified_issuer())

    async def providers(self, session: AsyncSession) -> Sequence[Configured]:
        """Return the providers configured for its issuer and not ended; raises BadToken if there are none."""
        rows = (await session.execute(_CONFIGURED, {"issuer": self.issuer})).all()
        found = [Configured(*row) for row in rows]
        found = [one for one in found if may_be_asked(self._settings, one.kind, one.issuer)]
        found = [one for one in found if self._provider_id in (None, one.id)]
        if not found:
            raise BadToken("issuer")
        return found

    async def proved(self, providers: Sequence[Configured], key_sets: KeySets, now: float) -> Proved:
        """Return whom the token is about at `now` (Unix seconds).

        Raises only BadToken, and `Unavailable` when the provider's keys cannot be had.
        """
        fitting = [one for one in providers if self._token_type in (None, one.token_type)]
        self._opened.refuse_other_types({typ for one in fitting for typ in one.rules.types})
        hosts = frozenset(host for one in fitting for host in one.rules.key_hosts)
        claims = self._opened.claims(await key_sets.key(self.issuer, self._opened.kid, hosts))
        if one_spelling(self._settings, printable(claims.get("iss"), "issuer")) != self.issuer:
            raise BadToken("issuer")
        return _accepted(claims, fitting, now)


def _accepted(claims: dict[str, Any], fitting: list[Configured], now: float) -> Proved:
    """Return whom well-signed claims are about; `fitting` are of one issuer, hence of one kind."""
    if not claims.keys() >= ALWAYS:
        raise BadToken("claims")
    rules = fitting[0].rules
    checked_times(claims, now, lifetime_seconds=rules.lifetime_seconds, skew_seconds=rules.skew_seconds)
    fitting = [one for one in fitting if one.rules.needs <= claims.keys() and not one.rules.bars & claims.keys()]
    # Microsoft: `app` is a program on its own behalf, which is nobody here
    if not fitting or claims.get("idtyp", "user") != "user":
        raise BadToken("client")
    audience = _single(claims["aud"])
    fitting = [one for one in fitting if one.audience == audience]
    if not fitting:
        raise BadToken("audience")
    tenant = claims.get(rules.tenant_claim, "") if rules.tenant_claim else ""
    fitting = [one for one in fitting if one.tenant == tenant]
    if not fitting:
        raise BadToken("tenant")
    subject = claims.get(rules.subject_claim)
    if not isinstance(subject, str) or not rules.subject_form.fullmatch(subject):
        raise BadToken("identifier")
    return Proved(tuple(one.id for one in fitting), tenant, subject)


def _single(audience: object) -> object:
    # OpenID Connect Core 1.0, 3.1.3.7: refused when it is meant for others too
    return audience[0] if isinstance(audience, list) and len(audience) == 1 else audience
