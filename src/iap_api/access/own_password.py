"""One's own password, changed by oneself with the present one at hand."""

from typing import Annotated

from fastapi import Response

from iap_api.access import passwords
from iap_api.access.account_shapes import PasswordChange
from iap_api.access.accounts import end_sign_ins, keep_password
from iap_api.access.addresses import client_address, counted_as
from iap_api.access.caller import Caller
from iap_api.access.guard import signed_in
from iap_api.access.places import chain_of
from iap_api.access.tables import Account, Place
from iap_api.core import clock
from iap_api.core.errors import Conflict, Invalid, TooMany, problems
from iap_api.core.routes import Routes

routes = Routes("/v1/me", "me")


@routes.post("/password", status_code=204, summary="Change my password", openapi_extra=problems(TooMany))
async def change_own_password(caller: Annotated[Caller, signed_in()], body: PasswordChange) -> Response:
    """Change the caller's own password; every other sign-in of the account ends, this one goes on.

    Wrong tries count like failed sign-ins: whoever finds a device signed in cannot guess on. A guest has none.
    """
    account = await caller.session.get_one(Account, caller.account_id)
    if account.kind != "person":
        raise Conflict("A client has secrets made for it: an administrator renews them.")
    if wrong := passwords.unfit(body.new_password, account.username):
        raise Invalid(errors=[("/new_password", wrong)])
    if refused := await wrong_password(caller, account, body.current_password):
        return refused
    chain = chain_of(await caller.session.get_one(Place, account.place_id))
    await keep_password(caller, account, body.new_password, chain)
    await end_sign_ins(caller, account.id, "password changed", but=caller.sign_in_id)
    return Response(None, 204)


async def wrong_password(caller: Caller, account: Account, sent: str) -> Response | None:
    """Return None if `sent` is the account's present password, else the answer: its transaction counts the failure.

    Locks the account, read again. Raises `TooMany`.
    """
    app = caller.request.app.state
    address = counted_as(client_address(caller.request, app.settings.trusted_proxies))
    name_key = passwords.digest(app.digest_key, "account", account.username)
    address_key = passwords.digest(app.digest_key, "address", address)
    wait = await passwords.hold(caller.session, name_key, address_key, account.id, clock.now())
    # after the count, as a sign-in locks them: two orders would be a deadlock
    await caller.session.refresh(account, with_for_update=True)
    if wait:
        raise TooMany(headers={"Retry-After": str(wait)})
    if not await passwords.fits(account.password_hash, sent):
        await passwords.failed(caller.session, name_key, address_key, clock.now())
        # answered, not raised: the transaction must commit the failure that it counted
        refused = Invalid(errors=[("/current_password", "is not your present password")])
        return refused.response(caller.request.url.path, caller.request_id)
    await passwords.succeeded(caller.session, name_key, address_key, account.id, clock.now())
    return None
