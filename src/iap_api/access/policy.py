"""THE TABLE: who may do what, and how far each role reaches; the guard, the row scope and the documentation read it."""

from enum import Enum, IntEnum

from iap_api.access.roles import Role


class Reach(IntEnum):
    """How far a permission goes: nothing, the caller's caseload, a base, a school, a trust."""

    none = 0
    own = 1
    base = 2
    school = 3
    trust = 4


_LETTERS = {"-": Reach.none, "o": Reach.own, "b": Reach.base, "s": Reach.school, "t": Reach.trust}


class Permission(Enum):
    """One row per permission; the cells follow the order of the roles."""

    reaches: dict[Role, Reach]

    def __new__(cls, cells: str) -> "Permission":
        """Number the row (equal rows must not become one) and read its cells."""
        row = object.__new__(cls)
        row._value_ = len(cls.__members__) + 1
        letters = cells.split()
        if len(letters) != len(Role):
            raise TypeError("a row needs one cell per role")
        row.reaches = {role: _LETTERS[letter] for role, letter in zip(Role, letters, strict=True)}
        return row

    # fmt: off
    # columns                TA CT BL SE HT SL TH RE OF GO TI AN DP AD mi fe pc pu op
    setting_read          = "s  s  s  s  s  s  s  s  s  s  t  t  t  t  s  t  -  -  -"
    setting_write         = "-  -  -  -  -  -  -  -  -  -  -  -  -  t  -  -  -  -  -"
    class_write           = "-  -  -  s  -  -  -  -  s  -  -  -  -  t  s  -  -  -  -"
    calendar_write        = "-  -  -  s  s  -  -  -  s  -  -  -  -  t  -  -  -  -  -"
    staff_read            = "s  s  s  s  s  s  s  -  s  -  t  -  t  t  s  -  -  -  -"
    staff_write           = "-  -  -  -  -  -  -  -  s  -  -  -  -  t  -  -  -  -  -"
    account_read          = "-  -  -  -  -  -  -  -  -  -  -  -  t  t  -  -  -  -  -"
    account_write         = "-  -  -  -  -  -  -  -  -  -  -  -  -  t  -  -  -  -  -"
    pupil_read            = "b  o  b  s  s  s  o  o  s  -  t  -  -  -  s  -  -  -  -"
    section_roll          = "-  -  b  s  s  s  -  -  s  -  t  -  -  -  s  -  -  -  -"
    section_sen           = "b  o  b  s  s  s  o  o  s  -  t  -  -  -  s  -  -  -  -"
    section_circumstances = "b  o  b  s  s  s  o  -  s  -  t  -  -  -  s  -  -  -  -"
    section_health        = "b  o  b  s  s  s  o  -  s  -  -  -  -  -  s  -  -  -  -"
    section_safeguarding  = "-  -  -  -  -  s  -  -  -  -  -  -  -  -  -  -  -  -  -"
    pupil_write           = "-  -  -  s  -  -  -  -  s  -  -  -  -  -  s  -  -  -  -"
    registration_request  = "-  -  -  s  -  -  -  -  s  -  -  -  -  -  -  -  -  -  -"
    safeguarding_write    = "-  -  -  -  -  s  -  -  -  -  -  -  -  -  -  -  -  -  -"
    contact_read          = "b  o  b  s  s  s  o  -  s  -  -  -  -  -  s  -  -  -  -"
    contact_write         = "-  -  b  s  -  -  -  -  s  -  -  -  -  -  s  -  -  -  -"
    placement_read        = "b  o  b  s  s  s  o  o  s  -  t  -  -  -  -  -  -  -  -"
    placement_write       = "-  -  -  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    placement_change      = "-  -  b  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    caseload_read         = "b  o  b  s  s  s  o  -  -  -  -  -  -  -  -  -  -  -  -"
    caseload_write        = "-  -  b  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    group_read            = "b  -  b  s  s  s  -  -  s  -  t  -  -  -  -  -  -  -  -"
    group_write           = "-  -  b  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    zone_read             = "b  o  b  s  s  s  o  -  -  -  t  -  -  -  -  -  -  -  -"
    zone_write            = "b  o  b  s  -  s  o  -  -  -  -  -  -  -  -  -  -  -  -"
    space_read            = "s  s  s  s  s  s  s  -  s  -  t  -  -  t  -  -  -  -  -"
    space_write           = "-  -  b  s  -  -  -  -  -  -  -  -  -  t  -  -  -  -  -"
    booking_read          = "b  o  b  s  s  s  o  -  s  -  t  -  -  -  -  -  -  -  -"
    booking_write         = "b  o  b  s  -  s  o  -  -  -  -  -  -  -  -  -  -  -  -"
    booking_approve       = "-  -  b  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    closure_write         = "-  -  b  s  s  -  -  -  s  -  -  -  -  -  -  -  -  -  -"
    calendar_feed_read    = "b  o  b  s  s  s  o  -  s  -  -  -  t  -  -  -  -  -  -"
    calendar_feed_write   = "b  o  b  s  s  s  o  -  s  -  -  -  -  -  -  -  -  -  -"
    visit_read            = "b  o  b  s  s  s  o  -  -  -  t  -  -  -  -  -  -  -  -"
    visit_write           = "b  o  b  s  s  -  o  -  -  -  -  -  -  -  -  -  -  -  -"
    intervention_read     = "b  o  b  s  s  s  o  -  -  -  t  -  -  -  -  -  -  -  -"
    intervention_write    = "b  o  b  s  s  -  o  -  -  -  -  -  -  -  -  -  -  -  -"
    intervention_sign     = "-  -  -  -  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    intervention_figures  = "-  -  b  s  s  s  -  -  -  -  -  -  -  -  -  -  -  -  -"
    use_figures           = "-  -  b  s  s  -  -  -  -  -  t  -  -  -  -  -  -  -  -"
    board_read            = "b  -  b  s  s  s  -  -  s  -  -  -  -  -  -  -  -  -  -"
    instrument_read       = "s  s  s  s  s  s  s  s  -  -  t  t  -  t  -  -  -  -  -"
    instrument_write      = "-  -  -  s  -  -  -  -  -  -  -  -  -  t  -  -  -  -  -"
    profile_read          = "b  o  b  s  s  s  o  -  -  -  t  -  -  -  -  -  -  -  -"
    profile_write         = "b  o  b  s  -  -  o  -  -  -  -  -  -  -  -  -  -  -  -"
    profile_complete      = "b  -  b  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    profile_correct       = "-  -  b  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    resource_read         = "s  s  s  s  s  s  s  -  -  -  t  -  -  t  -  -  -  -  -"
    resource_write        = "b  -  b  s  -  -  -  -  -  -  -  -  -  t  -  -  -  -  -"
    toolbox_read          = "b  o  b  s  s  s  o  -  -  -  t  -  -  -  -  -  -  -  -"
    toolbox_write         = "b  -  b  s  -  -  o  -  -  -  -  -  -  -  -  -  -  -  -"
    allergy_override      = "-  -  b  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    use_write             = "b  o  b  s  -  -  o  -  -  -  -  -  -  -  -  -  -  -  -"
    observation_read      = "b  o  b  s  s  s  o  -  -  -  t  -  -  -  -  -  -  -  -"
    observation_write     = "b  o  b  s  -  s  o  -  -  -  -  -  -  -  -  -  -  -  -"
    passport_read         = "b  o  b  s  s  s  o  -  -  -  t  -  -  -  -  -  -  -  -"
    passport_write        = "b  o  b  s  -  -  o  -  -  -  -  -  -  -  -  -  -  -  -"
    review_read           = "b  o  b  s  s  s  o  o  -  -  t  -  -  -  -  -  -  -  -"
    review_plan           = "b  -  b  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    review_write          = "-  -  b  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    review_contribute     = "b  o  b  s  s  s  o  o  -  -  -  -  -  -  -  -  -  -  -"
    review_close          = "-  -  -  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    invitation_read       = "b  -  b  s  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    invitation_write      = "b  -  b  s  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -"
    invitation_use        = "-  -  -  -  -  -  -  -  -  -  -  -  -  -  -  -  o  o  o"
    therapy_note_read     = "-  -  -  -  -  -  o  -  -  -  -  -  -  -  -  -  -  -  -"
    therapy_note_write    = "-  -  -  -  -  -  o  -  -  -  -  -  -  -  -  -  -  -  -"
    access_record_read    = "-  -  -  -  -  -  -  -  -  -  -  -  t  -  -  -  -  -  -"
    subject_request_read  = "-  -  -  -  s  -  -  -  -  -  -  -  t  -  -  -  -  -  -"
    subject_request_write = "-  -  -  -  -  -  -  -  -  -  -  -  t  -  -  -  -  -  -"
    retention_read        = "-  -  -  -  s  -  -  -  -  -  -  -  t  -  -  -  -  -  -"
    retention_write       = "-  -  -  -  -  -  -  -  -  -  -  -  t  -  -  -  -  -  -"
    retention_approve     = "-  -  -  -  s  -  -  -  -  -  -  -  t  -  -  -  -  -  -"
    # fmt: on


def permissions_of(role: Role) -> list[Permission]:
    """Return every permission that a role holds, however far, in the order of the table."""
    return [permission for permission in Permission if permission.reaches[role]]


def reach(permission: Permission, role: Role) -> Reach:
    """Return how far `role` reaches with `permission`."""
    return permission.reaches[role]
