"""What an access record means in words a parent could be given: one for every resource, role and kind of event."""

from typing import NamedTuple

from iap_api.access.roles import Role


class Thing(NamedTuple):
    """A resource in plain words; `{whose}` becomes Amira’s, and `created` and `ended` say what that is called here."""

    one: str
    several: str
    created: str = "added"
    ended: str = "ended"


# who a role is, before "of North Quay Primary"
WHO: dict[Role, str] = {
    Role.teaching_assistant: "a teaching assistant",
    Role.class_teacher: "a class teacher",
    Role.base_lead: "the teacher in charge",
    Role.senco: "the inclusion leader",
    Role.headteacher: "the headteacher",
    Role.safeguarding_lead: "the safeguarding lead",
    Role.therapist: "a therapist",
    Role.referrer: "the inclusion leader",
    Role.office: "the school office",
    Role.governor: "a governor",
    Role.trust_inclusion_lead: "the head of inclusion",
    Role.trust_analyst: "an analyst",
    Role.data_protection_officer: "the data protection officer",
    Role.administrator: "the administrator of this system",
    Role.mis: "the office computer system",
    Role.trust_feed: "the reporting system",
    Role.parent_carer: "a parent or carer",
    Role.pupil: "the pupil",
    Role.outside_professional: "somebody from another service",
}

THINGS: dict[str, Thing] = {
    "pupil": Thing("{whose} main record", "a list of pupils that {name} is on", "made", "closed"),
    "registration": Thing("{whose} place on a school’s roll", "a list of who is on the roll"),
    "registration_request": Thing(
        "a request by another school to see {whose} record", "a list of requests by other schools", "made"
    ),
    "contact": Thing("a contact of {whose} (a parent, carer or other person)", "the list of {whose} contacts"),
    "placement": Thing("{whose} placement in a base", "a list of placements", "recorded"),
    "caseload": Thing("an entry of who works with {name}", "a list of who works with which pupils", "made"),
    "group": Thing("a group that {name} is in", "a list of groups", "made"),
    "zone_check_in": Thing("how {name} felt at a check-in", "a list of check-ins", "recorded", "withdrew"),
    "space": Thing("a room", "a list of rooms", "added", "closed"),
    "closure": Thing("a closure of rooms", "a list of closures", "made", "withdrew"),
    "series": Thing("a weekly booking that {name} is part of", "a list of weekly bookings", "made", "ended"),
    "booking": Thing("a room booking that {name} is part of", "a list of room bookings", "made", "cancelled"),
    "calendar_feed": Thing(
        "a calendar of room bookings in which {name} is named by initials", "a list of such calendars", "made", "ended"
    ),
    "availability": Thing(
        "when {name} is free to be in a room", "a search for a time at which pupils are free, {name} among them"
    ),
    "curriculum_hours": Thing(
        "how many hours {name} was taught", "figures of hours taught, those of {name} among them"
    ),
    "timetable": Thing("{whose} timetable, or that of the base", "timetables that {name} is on", "made"),
    "visit": Thing("a visit of {name} to a quiet space or another room", "a list of such visits", "wrote down"),
    "restrictive_intervention": Thing(
        "the record of a time when {name} was kept in, held or moved by force", "a list of such records", "opened"
    ),
    "board": Thing("where {name} was at that moment", "where {name} was at that moment"),
    "instrument": Thing("a questionnaire form", "a list of questionnaire forms", "added", "took out of use"),
    "profile": Thing("an assessment of {name}", "a list of assessments", "began", "withdrew"),
    "profile_answer": Thing("answers in an assessment of {name}", "a list of answers", "entered", "withdrew"),
    "resource": Thing("an entry of the equipment list", "the equipment list", "added", "removed"),
    "toolbox": Thing("{whose} toolbox", "a list of toolboxes", "set up", "closed"),
    "toolbox_item": Thing("a thing in {whose} toolbox", "what is in {whose} toolbox", "put in", "took back"),
    "suggestion": Thing("suggestions of what may help {name}", "suggestions of what may help"),
    "use": Thing("a note of something {name} used", "a list of what was used", "wrote", "withdrew"),
    "observation": Thing("a note of how a lesson went for {name}", "notes of how lessons went", "wrote", "withdrew"),
    "passport": Thing("{whose} passport, a page in their own words", "passports of pupils", "wrote down"),
    "review": Thing("a review meeting about {name}", "a list of review meetings", "planned", "cancelled"),
    "contribution": Thing("what somebody said for a review about {name}", "what was said for reviews", "wrote down"),
    "target": Thing("a target for {name}", "a list of targets", "agreed", "withdrew"),
    "addendum": Thing("a note added to a review of {name}", "notes added to reviews", "added"),
    "account": Thing("an account of this system", "a list of accounts", "opened", "closed"),
    "held_role": Thing("what an account may do", "a list of what accounts may do", "granted"),
    "trust": Thing("the trust’s entry", "the list of trusts"),
    "school": Thing("a school’s entry", "the list of schools", "added", "closed"),
    "base": Thing("a base’s entry", "the list of bases", "added", "closed"),
    "class": Thing("a class", "a list of classes", "added", "closed"),
    "academic_year": Thing("a school year’s dates", "the list of school years", "entered"),
    "day_period": Thing("a period of the school day", "the list of periods of the school day", "named"),
    "staff": Thing("a member of staff’s entry", "a list of staff", "added"),
    "access_record": Thing(
        "the list of who has seen {whose} record", "the list of who has seen {whose} record", "added"
    ),
    "subject_request": Thing(
        "a request about {whose} data", "a list of requests about data that {whose} is on", "recorded", "withdrew"
    ),
    "subject_package": Thing(
        "the copy of {whose} record made for a request", "the copies made for requests", "put together", "withdrew"
    ),
    "rectification": Thing(
        "what somebody says is wrong in {whose} record", "a list of what is said to be wrong", "recorded"
    ),
    "legal_hold": Thing("an order to keep {whose} record", "a list of records that must be kept", "placed"),
    "retention_rule": Thing("how long records are kept", "the list of how long records are kept", "set"),
    "retention_run": Thing("a list of records to be erased", "the lists of records to be erased", "drew up"),
    "erased_pupil": Thing("the note that a record was erased", "the list of records that were erased"),
    "invitation": Thing("an invitation to say something about {name}", "a list of invitations", "sent", "took back"),
    "therapy_note": Thing("a note of {whose} therapy", "a list of therapy notes", "wrote"),
    "client": Thing("another system’s access", "a list of other systems with access", "opened", "closed"),
    "identity": Thing("a way to sign in", "the ways to sign in", "linked"),
    "identity_provider": Thing("the school’s sign-in service", "the school’s sign-in services", "connected", "removed"),
    "redaction": Thing(
        "a passage marked in the copy of {whose} record", "the passages marked in the copy of {whose} record",
        "marked", "took back",
    ),
}  # fmt: skip

# events that have words of their own: what was done, with the thing in place of {it}
EVENTS: dict[str, str] = {
    "visit.withdrawn": "withdrew {it}, which had been written down by mistake",
    "visit.left_open": "was told that {it} had not been ended",
    "restrictive_intervention.signed": "signed {it}",
    "restrictive_intervention.withdrawn": "withdrew {it}",
    "restrictive_intervention.overdue": "was told that {it} was not complete by the end of the day",
    "account.signed_in": "signed in",
    "account.signed_out": "signed out",
    "account.refresh_reused": "was signed out, because a copy of the sign-in was used",
    "account.password_set": "set a password",
    "account.disabled": "closed {it}",
    "account.enabled": "opened {it} again",
    "role.granted": "granted {it}",
    "role.ended": "ended {it}",
    "review.scheduled": "set the time of {it}",
    "review.held": "recorded who was at {it}",
    "review.closed": "closed {it} with a decision",
    "target.rated": "recorded how far {it} was reached",
    "profile.completed": "signed {it}",
    "profile.superseded": "replaced {it} by a corrected one",
    "profile.withdrawn": "withdrew {it}",
    "subject_request.started": "began to work on {it}",
    "subject_request.paused": "stopped the clock of {it}",
    "subject_request.resumed": "started the clock of {it} again",
    "subject_request.extended": "took more time for {it}",
    "subject_request.acknowledged": "confirmed to the requester that {it} had come in",
    "subject_request.identity_checked": "recorded that the requester’s identity was checked for {it}",
    "subject_request.package_built": "made a copy of {whose} record for a request",
    "subject_request.ready": "finished preparing {it}",
    "subject_request.released": "handed over what was asked for in {it}",
    "subject_request.refused": "refused {it}",
    "subject_request.withdrawn": "recorded that {it} was withdrawn",
    "package.downloaded": "downloaded {it}",
    "pupil.found": "looked {name} up by name and date of birth, or by pupil number, for a request about data",
    "pupil.erased": "erased {whose} record",
    "pupil.partly_erased": "erased parts of {whose} record that are no longer kept",
    "rectification.decided": "decided about {it}",
    "retention_run.approved": "approved {it}",
    "retention_run.started": "began to carry out {it}",
    "retention_run.withdrawn": "withdrew {it}",
    "retention_run.executed": "carried out {it}",
    "retention_run.held_back": "left {whose} record alone, because it must be kept",
    "booking.refused": "was told that {it} could not be booked at that time",
    "booking.released": "gave back {it}, because nobody had come",
    "toolbox_item.lost": "recorded that {it} was lost",
    "role.changed": "changed {it}",
    "invitation.opened": "opened {it}",
    "invitation.used": "answered {it}",
    "invitation.closed": "closed {it}",
    "invitation.renewed": "sent {it} again",
    "invitation.refused": "tried to open {it} and was not let in",
    "client.revoked": "ended {it}",
    "client.network_refused": "was not let in from where it came",
    "client.secret_renewed": "renewed the key of {it}",
    "client.secret_dropped": "ended the old key of {it}",
    "identity.linked": "linked {it} to an account",
    "identity.ended": "ended {it}",
    "redaction.decided": "decided about {it}",
}

# these say how a pupil feels or thinks: the names of their fields are not words a parent would know
_FIELDS_UNTOLD = frozenset({"profile", "profile_answer"})
# how the fields begin whose names alone say that there is a child-protection file
KEPT_APART = "safeguarding_"


def thing(resource: str) -> Thing:
    """Return the words for a resource; a new one that has none yet is called by its name."""
    known = THINGS.get(resource)
    name = resource.replace("_", " ")
    return known or Thing(f"a {name} about {{name}}", f"a list of {name}s")


def done(kind: str, resource: str, *, a_list: bool, fields: tuple[str, ...] = ()) -> str:
    """Return what was done, such as "read {whose} main record"; {name} and {whose} are still to be filled in."""
    words = thing(resource)
    it = words.several if a_list and kind == "read" else words.one
    if kind in EVENTS:
        return EVENTS[kind].replace("{it}", it)
    if kind == "read":
        return f"read {it}"
    if kind == "created":
        return f"{words.created} {it}"
    if kind == "ended":
        return f"{words.ended} {it}"
    # that there is a child-protection file is not told by the way (Data Protection Act 2018, schedule 3, part 5)
    named = [one.replace("_", " ") for one in fields if not one.startswith(KEPT_APART)]
    told = "" if resource in _FIELDS_UNTOLD or not named else f" ({', '.join(named)})"
    return f"changed {it}{told}" if kind == "updated" else f"did something with {it}"
