"""Large bodies are few at once: a class that photographs its whole cupboard does not fill the server's memory."""

import pytest

from iap_api.core.errors import Unavailable
from iap_api.core.uploads import HELD_AT_ONCE, Held, most_bytes


def test_whoever_comes_when_all_places_are_taken_is_asked_to_come_back() -> None:
    held = Held()
    for _ in range(HELD_AT_ONCE):
        held.take()
    with pytest.raises(Unavailable):
        held.take()
    held.leave()
    held.take()


def test_only_an_address_that_takes_a_file_takes_a_large_body() -> None:
    photo = "/v1/resources/01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d/photo"
    assert most_bytes("PUT", photo) == 5_000_000
    for method, path in (("POST", photo), ("GET", photo), ("PUT", photo + "/"), ("PUT", photo + "s"), ("PUT", "/v1/me"),
                         ("PUT", "/x" + photo)):  # fmt: skip
        assert most_bytes(method, path) is None
