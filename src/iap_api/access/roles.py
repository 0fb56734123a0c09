"""The roles of a school's IAP, each with who holds it, in plain English."""

from enum import Enum


class Role(str, Enum):
    """A role and, in `who`, the people who hold it."""

    who: str

    def __new__(cls, value: str, who: str) -> "Role":
        """Keep the description beside the name."""
        role = str.__new__(cls, value)
        role._value_ = value
        role.who = who
        return role

    teaching_assistant = (
        "teaching_assistant",
        "works in a base: its pupils, day to day; no therapy, no home address, no UPN",
    )
    class_teacher = "class_teacher", "mainstream teacher: own class and pupils re-integrating into it"
    base_lead = "base_lead", "the teacher in charge of a base: everything in it but therapy notes"
    senco = "senco", "inclusion leader: the whole school, decides referrals, closes reviews"
    headteacher = "headteacher", "reads the whole school, signs exits and restrictive-intervention records"
    safeguarding_lead = "safeguarding_lead", "the whole school, including the safeguarding flag"
    therapist = "therapist", "own caseload; writes and alone reads therapy notes"
    referrer = "referrer", "SENCO of another school: own referrals, and reviews of own pupils"
    office = "office", "keeps the roll and contacts; no profiles, no reviews"
    governor = "governor", "figures of own school, suppressed"
    trust_inclusion_lead = "trust_inclusion_lead", "reads all schools' pupils below therapy; figures"
    trust_analyst = "trust_analyst", "figures, exports and changes without names"
    data_protection_officer = (
        "data_protection_officer",
        "access records, subject requests, retention; no everyday record",
    )
    administrator = "administrator", "accounts, spaces, settings; no pupil data"
    mis = "mis", "service account of the school's management information system: pushes the roll"
    trust_feed = "trust_feed", "service account of the trust's warehouse: figures and changes without names"
    parent_carer = "parent_carer", "guest: a parent or carer with an invitation for one thing about one pupil"
    pupil = "pupil", "guest: a pupil, with an adult beside them, with an invitation for one thing"
    outside_professional = (
        "outside_professional",
        "guest: somebody from another service with an invitation for one thing about one pupil",
    )
