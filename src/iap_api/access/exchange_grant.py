"""Sign-in through the school: a provider's token is exchanged for our own (RFC 8693)."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from iap_api.access.jose_reading import BadToken
from iap_api.access.opened_sign_ins import begin
from iap_api.access.provider_rules import TokenType
from iap_api.access.provider_tables import Identity, IdentityProvider
from iap_api.access.provider_tokens import Proved, ProviderToken
from iap_api.access.tables import Account, Place
from iap_api.access.token_form import Refused, RefusedToken
from iap_api.core import clock
from iap_api.core.log import log

_URN = "urn:ietf:params:oauth:token-type:"
OURS = f"{_URN}access_token"
# RFC 8693, 3; `jwt` leaves it to the token which of the two it is
TOKEN_TYPES: dict[str, TokenType | None] = {
    f"{_URN}id_token": "id_token",
    f"{_URN}access_token": "access_token",
    f"{_URN}jwt": None,
}


async def with_provider_token(request: Request, fields: dict[str, str]) -> Response:
    """Sign a person in by the token of their school's identity provider; raises `Refused`.

    Tries are not counted: a signature cannot be guessed, and a count would let one broken app keep a whole school
    out, whose teachers share an address.
    """
    sent, said = fields.get("subject_token", ""), fields.get("subject_token_type", "")
    if not sent or said not in TOKEN_TYPES or "actor_token" in fields:
        raise Refused("invalid_request")
    if fields.get("requested_token_type", OURS) != OURS:
        raise Refused("invalid_request", description="Only access tokens are issued.")
    chosen = fields.get("provider_id")
    try:
        provider_id = UUID(chosen) if chosen else None
    except ValueError:
        raise Refused("invalid_request") from None
    app = request.app.state
    try:
        token = ProviderToken(sent, TOKEN_TYPES[said], app.settings, provider_id)
        async with app.database.transaction(read_only=True) as session:
            providers = await token.providers(session)
        # no transaction is open while another machine is asked
        person = await token.proved(providers, app.key_sets, clock.now().timestamp())
        async with app.database.transaction() as session:
            account = await _account(session, person)
            return await begin(request, session, account, keep_alive=False, issued_token_type=OURS)
    except BadToken as error:
        log.warning("provider_token_refused", reason=error.reason, request_id=request.scope["state"]["request_id"])
    raise RefusedToken


async def _account(session: AsyncSession, person: Proved) -> Account:
    """Return the account that a person of a provider has in the provider's trust; raises BadToken."""
    found: Sequence[UUID] = (
        (await session.execute(
            select(col(Identity.account_id))
            .join(IdentityProvider, col(IdentityProvider.id) == Identity.provider_id)
            .join(Account, col(Account.id) == Identity.account_id)
            .join(Place, col(Place.id) == Account.place_id)
            .where(
                col(Identity.provider_id).in_(person.provider_ids),
                col(Identity.tenant) == person.tenant,
                col(Identity.subject) == person.subject,
                col(Identity.ended_at).is_(None),
                col(IdentityProvider.ended_at).is_(None),
                or_(col(Place.id) == IdentityProvider.trust_id, col(Place.trust_id) == IdentityProvider.trust_id),
            )
        )).scalars().all()
    )  # fmt: skip
    if not found:
        raise BadToken("unknown")
    if len(set(found)) > 1:
        raise BadToken("ambiguous")
    wanted = select(Account).where(col(Account.id) == found[0], col(Account.kind) == "person")
    account = (await session.execute(wanted.with_for_update(read=True))).scalar_one_or_none()
    if account is None or account.disabled_at is not None:
        raise BadToken("disabled")
    return account
