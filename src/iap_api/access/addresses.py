"""Where a request came from: forwarded headers are believed only from trusted proxies."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request


def _address(written: str) -> IPv4Address | IPv6Address | None:
    # some proxies write the port as well: 203.0.113.9:4711, [2001:db8::1]:4711
    if written.startswith("["):
        written = written[1:].partition("]")[0]
    elif written.count(":") == 1:
        written = written.partition(":")[0]
    try:
        found = ip_address(written)
    except ValueError:
        return None
    # a socket that listens for both families shows 10.0.0.7 as ::ffff:10.0.0.7
    return getattr(found, "ipv4_mapped", None) or found


def client_address(request: Request, trusted: Sequence[str]) -> str:
    """Return the client's address: the last hop in X-Forwarded-For that is not one of our own proxies.

    A hop that is no address is not believed, nor what stands before it: the proxy that sent it counts.
    """
    peer = request.client.host if request.client else "unknown"
    here = _address(peer)
    if here is None:
        return peer
    networks = [ip_network(one, strict=False) for one in trusted]
    hops = [part.strip() for part in ",".join(request.headers.getlist("x-forwarded-for")).split(",") if part.strip()]
    while hops and any(here in network for network in networks):
        before = _address(hops.pop())
        if before is None:
            break
        here = before
    return str(here)


def counted_as(address: str) -> str:
    """Return what failures are counted under: an IPv6 client has its whole /64 to choose addresses from."""
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return address


def lies_within(address: str, networks: Sequence[str]) -> bool:
    """Say whether an address lies in one of some networks; one that cannot be read lies in none."""
    found = _address(address)
    return found is not None and any(found in ip_network(one) for one in networks)
