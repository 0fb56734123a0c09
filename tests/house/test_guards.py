"""No route without a permission: such an application does not start, and the public list is short and known."""

from pathlib import Path

import pytest
from starlette.routing import Route

from iap_api import main
from iap_api.access.guard import guard_of
from iap_api.api import CHAPTERS, PUBLIC
from iap_api.core.routes import Routes
from tests.conftest import settings_for
from tests.house.contract import OPERATIONS
from tests.house.who_may import PUBLIC as PUBLIC_BY_HAND

# pages and numbers that no client of the API calls: they are no part of the contract
OUTSIDE_THE_CONTRACT = {"read_metrics", "read_documentation", "read_documentation_asset"}


def _forgetful() -> Routes:
    routes = Routes("/v1/forgotten", "forgotten")

    @routes.get("", summary="Forgotten")
    async def list_forgotten() -> list[str]:
        """Somebody forgot the permission."""
        return []

    return routes


def test_an_application_with_an_unguarded_route_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(main, "CHAPTERS", (*CHAPTERS, _forgetful()))
    with pytest.raises(main.Unguarded, match="/v1/forgotten"):
        main.build(settings_for(f"sqlite:///{tmp_path / 'none.sqlite3'}", tmp_path))


def test_an_application_without_any_route_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(main, "CHAPTERS", ())
    with pytest.raises(main.Unguarded):
        main.build(settings_for(f"sqlite:///{tmp_path / 'none.sqlite3'}", tmp_path))


def test_what_asks_for_no_sign_in_is_a_short_list_written_by_hand(tmp_path: Path) -> None:
    app = main.build(settings_for(f"sqlite:///{tmp_path / 'none.sqlite3'}", tmp_path))
    unguarded = {route.name for route in main.routes_of(app) if guard_of(route.dependant) is None}
    assert unguarded == PUBLIC_BY_HAND | OUTSIDE_THE_CONTRACT
    assert unguarded == PUBLIC


def test_every_address_of_the_application_is_in_the_contract_or_on_the_list(tmp_path: Path) -> None:
    app = main.build(settings_for(f"sqlite:///{tmp_path / 'none.sqlite3'}", tmp_path))
    names = {route.name for route in main.routes_of(app)}
    assert names == set(OPERATIONS) | OUTSIDE_THE_CONTRACT
    # whatever is served without a chapter would have escaped the guard
    assert not [route.path for route in app.routes if type(route) is Route]


async def test_a_contract_operation_says_which_permission_it_asks_for() -> None:
    from_contract = {name for name, one in OPERATIONS.items() if not one.public}
    assert from_contract == set(OPERATIONS) - PUBLIC_BY_HAND
