"""The contract is a promise: committed as the application gives it, valid, described, with examples that fit."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from iap_api.api import PUBLIC
from iap_api.contract import written
from tests.conforming import CONTRACT, contract

NO_PROBLEMS_OF_OURS = {"sign_in"}  # RFC 6749 has its own


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in contract()["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


ALL = [pytest.param(*one, id=one[2]["operationId"]) for one in operations()]


def test_the_committed_contract_is_what_the_application_gives(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("IAP_ENVIRONMENT", "demo")
    monkeypatch.setenv("IAP_DATA_DIR", str(tmp_path))
    assert CONTRACT.read_text("utf-8") == written(), "run make fix and review the difference"


def test_the_contract_is_valid_openapi_3_1() -> None:
    assert contract()["openapi"].startswith("3.1")
    assert not list(OpenAPIV31SpecValidator(contract()).iter_errors())


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names)) > 150


@pytest.mark.parametrize(("path", "method", "operation"), ALL)
def test_an_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert len(operation["description"]) > 20
    assert operation["tags"]
    for parameter in operation.get("parameters", []):
        assert parameter["in"] in ("path", "query", "header")


@pytest.mark.parametrize(("path", "method", "operation"), ALL)
def test_an_operation_names_its_permission_and_its_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    scopes = contract()["components"]["securitySchemes"]["signIn"]["flows"]["password"]["scopes"]
    if operation["operationId"] in PUBLIC:
        assert operation["security"] == []
    else:
        (needed,) = operation["security"]
        assert set(needed["signIn"]) <= set(scopes)
        assert "`sign-in-needed`" in operation["responses"]["401"]["description"]
        if needed["signIn"]:
            assert "`not-your-role`" in operation["responses"]["403"]["description"]
    for status in ("400", "406", "413", "415", "422", "500", "503"):
        assert "application/problem+json" in operation["responses"][status]["content"]


@pytest.mark.parametrize(("path", "method", "operation"), ALL)
def test_every_example_fits_its_schema(path: str, method: str, operation: dict[str, Any]) -> None:
    contents = list(operation.get("requestBody", {}).get("content", {}).values())
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            contents += answer.get("content", {}).values()
    for content in contents:
        if not content.get("schema"):
            continue
        assert "example" in content, "an operation shows an example"
        whole = {**content["schema"], "components": contract()["components"]}
        faults = list(Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(content["example"]))
        assert not faults, [fault.message for fault in faults]


@pytest.mark.parametrize(("path", "method", "operation"), ALL)
def test_a_change_is_a_merge_patch_and_names_the_version(path: str, method: str, operation: dict[str, Any]) -> None:
    if method != "patch":
        return
    assert set(operation["requestBody"]["content"]) == {"application/merge-patch+json"}
    if operation["operationId"] != "save_answers":  # each answer is a row of its own: nothing can be lost
        assert {"412", "428"} <= set(operation["responses"])


def answered_schemas() -> set[str]:
    """The names of every schema that an answer holds, however deep."""
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).rsplit("/", 1)[-1]
            if name and name not in found:
                found.add(name)
                walk(contract()["components"]["schemas"][name])
            for inner in node.values():
                walk(inner)
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    for _, _, operation in operations():
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                walk(answer.get("content", {}))
    return found


def test_what_is_answered_has_no_defaults_and_no_unlisted_members() -> None:
    assert len(answered_schemas()) > 40
    for name in answered_schemas():
        schema = contract()["components"]["schemas"][name]
        for member, about in schema.get("properties", {}).items():
            assert "default" not in about, f"{name}.{member} has a default"
        if schema.get("type") == "object" and "properties" in schema and name != "Problem":
            assert schema.get("additionalProperties") is False, name


def test_paths_are_plural_kebab_case_below_v1() -> None:
    for path in contract()["paths"]:
        for part in path.split("/"):
            assert part == part.lower()
            assert "_" not in part.split("{")[0]


def test_the_contract_names_no_address_of_another_host() -> None:
    text = json.dumps(contract())
    assert "http://" not in text
    assert "https://" not in text.replace("https://iap.example", "")
