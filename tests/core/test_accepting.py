"""Which form a client gets when it says what it takes."""

import pytest

from iap_api.core.accepting import chosen

OFFERED = ["application/json", "image/svg+xml", "image/png"]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("image/*", "image/svg+xml"),
        ("IMAGE/PNG", "image/png"),
        ("image/png, image/svg+xml", "image/svg+xml"),
        ("image/svg+xml;q=0.4, image/png;q=0.5, */*;q=0.1", "image/png"),
        ("image/svg+xml;q=0, image/*", "image/png"),
        ("image/*, image/svg+xml;q=0", "image/png"),
        ("image/svg+xml; charset=utf-8; q=0.9, application/json; q=0.2", "image/svg+xml"),
        ("text/html, */*;q=0.8", "application/json"),
        ("image/png;q=1000", "image/png"),
        ("text/html", None),
        ("image/png;q=0", None),
        ("image/png;q=none", None),
        ("image", None),
        ("*/png", None),
    ],
)
def test_the_most_liked_of_what_is_offered_is_chosen(accept: str | None, media: str | None) -> None:
    assert chosen(accept, OFFERED) == media
