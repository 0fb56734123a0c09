"""Where a request came from: forwarded headers are believed only from trusted proxies."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from starlette.requests import Request


def client_address(request: Request, trusted: Sequence[str]) -> str:
    """Return the client's address: the last hop in X-Forwarded-For that is not one of our own proxies."""
    networks = [ip_network(one, strict=False) for one in trusted]
    here = request.client.host if request.client else "unknown"
    hops = [part.strip() for part in ",".join(request.headers.getlist("x-forwarded-for")).split(",") if part.strip()]
    while hops:
        try:
            address = ip_address(here)
        except ValueError:
            return here
        if not any(address in network for network in networks):
            return here
        here = hops.pop()
    return here
