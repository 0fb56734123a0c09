"""Sign-in with the code of an invitation: a guest gets a token for one thing (`guests`)."""

from fastapi import Request, Response

from iap_api.access import guests
from iap_api.access.opened_sign_ins import granted
from iap_api.access.secret_grant import slower
from iap_api.access.token_form import Refused
from iap_api.access.tokens import GUEST_SCOPE


async def with_invitation(request: Request, fields: dict[str, str]) -> Response:
    """Let a guest in; raises `Refused`."""
    if "invitation_code" not in fields:
        raise Refused("invalid_request")
    token, wait = await guests.redeem(request, fields["invitation_code"])
    if wait:
        raise slower(wait)
    if token is None:
        raise Refused("invalid_grant")
    return granted(request.app.state, token, None, GUEST_SCOPE)
