"""What stands in a subject's package under which heading, and what does not stand in it, with the reason."""

from iap_api.pupils.roll import MANY, ONE

# every table that refers to a pupil is here or in LEFT_OUT: a test holds the schema walk against both
TITLES: dict[str, str] = {
    "pupils": "The main record",
    "registrations": "Schools that have to do with the pupil",
    "registration_requests": "Requests by other schools",
    "contacts": "Contacts: parents, carers and others",
    "placements": "Time in a base",
    "caseloads": "Who works with the pupil",
    "zone_check_ins": "Check-ins: how the pupil felt",
    "bookings": "Room bookings",
    "series": "Room bookings that come back every week",
    "series_occurrences": "The days of those bookings",
    "groups": "Groups the pupil was in",
    "presences": "Where the pupil was, by the bookings",
    "restrictive_interventions": "When the pupil was kept in, held or moved by force",
    "visits": "Visits to a quiet space or another room",
    "profiles": "Assessments",
    "profile_answers": "Answers in the assessments",
    "toolboxes": "Toolboxes",
    "toolbox_items": "Things in the toolbox",
    "uses": "What was used, and whether it helped",
    "observations": "How lessons went",
    "passports": "The pupil’s own words about what helps",
    "reviews": "Review meetings",
    "review_contributions": "What was said for the reviews",
    "targets": "Targets",
    "review_addenda": "Notes added to reviews",
    "rectifications": "What was said to be wrong",
    "legal_holds": "Legal holds",
    "invitations": "Invitations to say something about the pupil",
    "subject_requests": "Requests about the pupil’s data",
    "subject_request_pauses": "Pauses of those requests",
    "former_values": "What the record said before it was changed",
}

# the table: what it is for people, and why it is not there
LEFT_OUT: dict[str, tuple[str, str]] = {
    "ledger_entries": (
        "The log of who did what",
        "It is told in plain words in this copy, under “Who has seen the record”, but for what is done about other "
        "requests and about orders to keep a record, if there are any.",
    ),
    "ledger_quarters": ("The index to that log", "It holds times and references alone, by which entries are found."),
    "kept_keys": (
        "Marks that keep a request from being carried out twice",
        "They are digests: there is nothing in them that can be read.",
    ),
    "booking_takings": (
        "Which booking takes people out of another one",
        "References alone; where the pupil was is in this copy.",
    ),
    "redactions": (
        "The list of what was withheld from a copy",
        "The copy itself says where, unless that would tell what is withheld.",
    ),
    "subject_packages": ("Copies made for requests", "They are copies of what is here."),
    "therapy_notes": (
        "Notes of therapy",
        "Health data: a health professional is asked first whether reading them would cause serious harm (Data "
        "Protection Act 2018, schedule 3, part 2). The therapist gives out what may be seen.",
    ),
    "former_note_texts": (
        "What notes of therapy said before they were corrected",
        "As for the notes of therapy themselves: a health professional is asked first.",
    ),
    "guests": (
        "Marks by which an invitation is known again",
        "Digests and references alone; the invitations are in this copy.",
    ),
    "erased_pupils": (
        "The list of erased records",
        "References alone, so that an erased record does not come back from a backup.",
    ),
    "erasing": ("The mark of an erasure under way", "It is gone before the erasure ends."),
    "retention_runs": ("Lists of what is to be erased", "References, days and numbers alone."),
    "retention_run_lines": ("The lines of those lists", "References and numbers alone."),
    "retention_approvals": ("Who approved those lists", "References and times alone."),
}

# columns that say nothing to anybody: other forms of what stands beside them, and digests
_COLUMNS_LEFT_OUT = frozenset({"search_name", "locker_key"})
# which official set a coded column is of
CODES: dict[str, str] = {
    **ONE,
    **MANY,
    "relationship": "relationship_types",
    "nc_year_given": "nc_years",
}
_WORDS = {
    "at": "When",
    "by": "By whom",
    "id": "Reference",
    "version": "Version",
    "created_at": "Recorded",
    "updated_at": "Last changed",
    "born_on": "Date of birth",
    "sex": "Sex",
    "upn": "Unique pupil number",
    "former_upn": "Former unique pupil number",
    "nc_year_given": "Year group",
    "sen_provision": "Special needs support",
    "sen_needs": "Special needs",
    "ehcp_review_due_on": "Education, health and care plan: next review",
    "from_on": "From",
    "until_on": "Until",
    "starts_at": "Begins",
    "ends_at": "Ends",
    "started_at": "Began",
    "ended_at": "Ended",
    "ended_on": "Ended",
    "said_by": "Said by",
    "why": "Why",
    "gas_t_score": "Score",
    "values": "Former values",
    "resource": "What was changed",
    "resource_id": "Which",
    "account_id": "Who",
    "base_id": "Base",
    "upn_unknown_reason": "Why there is no unique pupil number",
    "nc_years": "Year groups",
}
_ENDINGS = ("_id", "_ids", "_on", "_at")


def column_kept(name: str) -> bool:
    """Say whether a column is given out at all."""
    return name not in _COLUMNS_LEFT_OUT


def column_title(name: str) -> str:
    """Return what a column is called for people."""
    if name in _WORDS:
        return _WORDS[name]
    for ending in _ENDINGS:
        if name.endswith(ending) and name != ending:
            name = name.removesuffix(ending)
            break
    return name.replace("_", " ").capitalize()


def title(table: str) -> str:
    """Return the heading of a table; a new one that has none yet goes by its own name."""
    return TITLES.get(table, table.replace("_", " ").capitalize())
