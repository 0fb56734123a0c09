"""One's own password, changed by oneself with the present one at hand."""

from typing import Annotated

from fastapi import Response
from sqlalchemy import select
from sqlmodel import col

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
    wanted = select(Account).where(col(Account.id) == caller.account_id).execution_options(populate_existing=True)
    account = (await caller.session.execute(wanted)).scalar_one()
    if account.kind != "person":
        raise Conflict("A client has secrets made for it: an administrator renews them.")
    if wrong := passwords.unfit(body.new_password, account.username):
        raise Invalid(errors=[("/new_password", wrong)])
    app = caller.request.app.state
    address = counted_as(client_address(caller.request, app.settings.trusted_proxies))
    name_key = passwords.digest(app.digest_key, "account", account.username)
    address_key = passwords.digest(app.digest_key, "address", address)
    wait = await passwords.hold(caller.session, name_key, address_key, account.id, clock.now())
    # after the count, as a sign-in locks them: two orders would be a deadlock
    account = (await caller.session.execute(wanted.with_for_update())).scalar_one()
    if wait:
        raise TooMany(headers={"Retry-After": str(wait)})
    if not await passwords.fits(account.password_hash, body.current_password):
        await passwords.failed(caller.session, name_key, address_key, clock.now())
        # answered, not raised: the transaction must commit the failure that it counted
        refused = Invalid(errors=[("/current_password", "is not your present password")])
        return refused.response(caller.request.url.path, caller.request_id)
    await passwords.succeeded(caller.session, name_key, address_key, account.id, clock.now())
    chain = chain_of(await caller.session.get_one(Place, account.place_id))
    await keep_password(caller, account, body.new_password, chain)
    await end_sign_ins(caller, account.id, "password changed", but=caller.sign_in_id)
    return Response(None, 204)
