"""The tables that say nothing about a pupil, each with the reason: with those of the walk they are all there are."""

EXCLUDED: dict[str, str] = {
    "accounts": "adults and clients who sign in; a caseload names the account, not the other way round",
    "bases": "rooms and places of a school",
    "classes": "a class and its teacher; who is in it stands in registrations",
    "codes": "official code sets",
    "held_roles": "which role an adult holds where",
    "instruments": "questions and norms as they were published; a pupil's answers stand in profiles",
    "jobs": "work for later: ids only, never a value (core/jobs), and a job that is done is worthless",
    "known_addresses": "keyed digests of the addresses an adult signed in from",
    "ledger_heads": "the last digest of each school's chain",
    "places": "trusts, schools and bases as places of roles",
    "resources": "a school's catalogue of things, and how many are out",
    "schools": "schools themselves",
    "sign_ins": "when an adult signed in",
    "spaces": "rooms and places of a school",
    "staff": "adults who work in a school",
    "throttles": "keyed digests of failed sign-ins",
    "trusts": "trusts themselves",
}
