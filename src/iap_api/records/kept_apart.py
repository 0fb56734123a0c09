"""The tables that say nothing about a pupil, and those that an erasure leaves: each with the reason."""

# With the tables of the walk, these are all there are.
EXCLUDED: dict[str, str] = {
    "academic_years": "a school's terms and days off",
    "closures": "when a school, a base or rooms were closed, and which bookings that cancelled",
    "accounts": "adults and clients who sign in; a caseload names the account, not the other way round",
    "bases": "rooms and places of a school",
    "calendar_feeds": "which adult made a calendar of which room, colleague or base; whom it shows stands in bookings",
    "classes": "a class and its teacher; who is in it stands in registrations",
    "client_secrets": "digests of the secrets that programs come with",
    "clients": "programs and what they may pull; nothing about a child",
    "codes": "official code sets",
    "day_periods": "the named periods of a school's day",
    "files": "sealed files by digest: whom one is about says the row that refers to it, and it goes with that row",
    "held_roles": "which role an adult holds where",
    "identities": "which adult signs in at which provider",
    "identity_providers": "where a trust's adults sign in",
    "instruments": "questions and norms as they were published; a pupil's answers stand in profiles",
    "jobs": "work for later: ids only, never a value (core/jobs), and a job that is done is worthless",
    "known_addresses": "keyed digests of the addresses an adult signed in from",
    "ledger_heads": "the last digest of each school's chain",
    "places": "trusts, schools and bases as places of roles",
    "resources": "a school's catalogue of things, and how many are out",
    "retention_rules": "how long a trust keeps what",
    "schools": "schools themselves",
    "sign_ins": "when an adult signed in",
    "spaces": "rooms and places of a school",
    "staff": "adults who work in a school",
    "throttles": "keyed digests of failed sign-ins",
    "trusts": "trusts themselves",
}

# What stays when a pupil is erased names the pupil by id and says nothing else.
KEPT_BY_ERASURE: dict[str, str] = {
    "ledger_entries": "who saw or changed what, by id only: without it the chain would break (design 6)",
    "ledger_quarters": "in which quarters of an hour the ledger names a pupil, by id only: it tells who saw what",
    "erased_pupils": "the id of an erased pupil, without which a restored backup could not be erased again",
    "erasing": "the eraser's own pass, gone before its transaction ends",
    "retention_approvals": "proof of which two people approved",
    "retention_run_lines": "proof of what two people approved: an id, a class and a number",
    "retention_runs": "proof of who erased, when and by whose approval",
}
