"""Flips of the policy table that change nothing, written by hand with the reason; the run checks each to be so."""

from dataclasses import dataclass

_BELOW_A_TRUST = ("teaching_assistant class_teacher base_lead senco headteacher safeguarding_lead therapist referrer "
                  "office governor mis")  # fmt: skip
_AT_A_TRUST = "trust_inclusion_lead trust_analyst data_protection_officer administrator trust_feed"
_GUESTS = "parent_carer pupil outside_professional"


@dataclass(frozen=True)
class Same:
    """In these rows, for these roles, each of these letters becoming each of those changes nothing."""

    rows: str
    roles: str
    was: str
    becomes: str
    why: str

    def covers(self, row: str, role: str, was: str, becomes: str) -> bool:
        """Say whether this is the reason for one flip."""
        return row in self.rows.split() and role in self.roles.split() and was in self.was and becomes in self.becomes


SAME = (
    Same(
        "class_write staff_read staff_write pupil_read section_roll section_sen section_circumstances placement_read "
        "zone_read space_read space_write booking_read instrument_read instrument_write profile_read resource_read "
        "resource_write toolbox_read review_read",
        _AT_A_TRUST, "t", "s",
        "All schools of the trust are the trust, where nothing that belongs to the trust itself is asked for: "
        "accounts, roles and settings are, and there the two differ.",
    ),
    Same(
        "setting_read staff_read space_read resource_read instrument_read", _BELOW_A_TRUST, "s", "ob",
        "These rows name no pupil: who may read them at all reads those of the own schools.",
    ),
    Same(
        "staff_read space_read resource_read instrument_read", _AT_A_TRUST, "t", "ob",
        "The same, where the own schools are those of the trust.",
    ),
    Same(
        "subject_request_read retention_read retention_approve", "data_protection_officer", "t", "obs",
        "The desk's rows are those of a school's files: who may at all may in the own schools.",
    ),
    Same(
        "subject_request_write", "data_protection_officer", "t", "obs",
        "The same, where a request is written down for a child of the own schools.",
    ),
    Same(
        "subject_request_read retention_read retention_approve", "headteacher", "s", "ob",
        "The same, at one school.",
    ),
    Same(
        "section_sen", f"governor {_AT_A_TRUST} {_GUESTS}", "-", "obst",
        "Whoever reads a pupil reads that section, so there is nobody to whom another role could open it.",
    ),
    Same(
        "section_sen", "teaching_assistant base_lead class_teacher therapist", "ob", "bs",
        "The same: reaching further with the section than with the pupil opens nothing that is closed.",
    ),
    Same(
        "section_circumstances", "class_teacher therapist", "o", "bs",
        "Only the referrer reads pupils without that section, and somebody who is both has one caseload.",
    ),
    Same(
        "section_roll section_circumstances section_health section_safeguarding", _GUESTS, "-", "obs",
        "A guest has one invitation, holds no role beside it and reads no pupil: there is nothing to open.",
    ),
    Same(
        "invitation_use", _GUESTS, "o", "bs",
        "A guest reads and gives what the own invitation is about; no path names its id, so any reach is that one.",
    ),
)  # fmt: skip


def why(row: str, role: str, was: str, becomes: str) -> str | None:
    """The reason why one flip changes nothing, or None where it must be noticed."""
    return next((one.why for one in SAME if one.covers(row, role, was, becomes)), None)
