"""Sign-in of a guest: the code of an invitation is exchanged for a token that opens one thing."""

from fastapi import Request, Response

from iap_api.access import guests
from iap_api.access.opened_sign_ins import granted
from iap_api.access.token_form import Refused, slower
from iap_api.access.tokens import GUEST_SCOPE


async def with_invitation(request: Request, fields: dict[str, str]) -> Response:
    """Let a guest in, who gets no refresh token; raises `Refused`, the same for every code that is no good."""
    if not fields.get("invitation_code"):
        raise Refused("invalid_request")
    token, wait = await guests.redeem(request, fields["invitation_code"])
    if wait:
        raise slower(wait)
    if token is None:
        raise Refused("invalid_grant")
    return granted(request.app.state, token, None, GUEST_SCOPE)
