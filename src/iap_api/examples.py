"""Examples for the contract, made from the schemas themselves so that they always validate."""

from typing import Any

ID = "01939f5e-7c1a-7b3e-9d53-2f6a1c0b4e8d"
BY_NAME: dict[str, Any] = {
    "given_name": "Amira",
    "family_name": "Okafor",
    "preferred_name": None,
    "upn": "Y208254320001",
    "former_upn": None,
    "born_on": "2017-05-04",
    "nc_year": "4",
    "nc_year_given": None,
    "sex": "F",
    "sen_provision": "K",
    "sen_needs": ["SEMH"],
    "name": "The Bubble",
    "urn": "100123",
    "laestab": "2082543",
    "ukprn": "10012345",
    "username": "ta@demo.iap.example",
    "email": "carer@home.example",
    "phone": "020 7946 0000",
    "relationship": "MOT",
    "kind": "sensory_room",
    "starts_at": "2026-11-25T10:20:00Z",
    "ends_at": "2026-11-25T10:40:00Z",
    "from_on": "2026-09-01",
    "until_on": None,
    "from_time": "09:05",
    "until_time": "10:00",
    "ended_on": None,
    "ends_on": None,
    "next": None,
    "zones": ["yellow"],
    "nc_years": ["4"],
    "safeguarding_where": "CPOMS 4711",
    "note": "Asked for the quiet corner.",
    "places": 3,
    "version": 1,
    "enrolment_status": "C",
    "young_carer": "N",
    "service_child": "N",
    "pupil_premium": ["DPP"],
    "pointer": f"/records/zone_check_ins/rows/{ID}/note",
    "month": "2026-11",
    "after": None,
    "limit": 50,
}


def example_for(document: dict[str, Any], schema: dict[str, Any], name: str = "") -> Any:
    """Return a value that fits `schema`; `name` is the member it stands in."""
    if "$ref" in schema:
        return example_for(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]], name)
    if "example" in schema:
        return schema["example"]
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if choices:
        if name in BY_NAME and BY_NAME[name] is None and any(one.get("type") == "null" for one in choices):
            return None
        return example_for(document, choices[0], name)
    if "enum" in schema:
        return BY_NAME[name] if name in BY_NAME and BY_NAME[name] in schema["enum"] else schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    return _of_type(document, schema, name)


def _of_type(document: dict[str, Any], schema: dict[str, Any], name: str) -> Any:
    kind = schema.get("type", "object")
    if kind == "object":
        if "properties" not in schema:
            return {}
        return {key: example_for(document, inner, key) for key, inner in schema["properties"].items()}
    if kind == "array":
        known = BY_NAME.get(name)
        if isinstance(known, list):
            return known
        return [example_for(document, schema["items"], name.removesuffix("s"))]
    if kind in ("integer", "number"):
        known = BY_NAME.get(name)
        return known if isinstance(known, int) else schema.get("minimum", 1)
    if kind == "boolean":
        return False
    if kind == "null":
        return None
    known = BY_NAME.get(name)
    if isinstance(known, str):
        return known
    formats = {"uuid": ID, "date-time": "2026-11-24T09:05:00Z", "date": "2026-11-24"}
    return formats.get(schema.get("format", ""), "text")
