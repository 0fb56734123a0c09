"""The statements of the limit, written by hand: the same joins and columns as the API reads, and settings for all."""

# Every server of the measurement has these, so that none is slow because of a poor plan.
SETTINGS = {"jit": "off", "enable_mergejoin": "off"}

IDENTITY = (
    "id", "version", "school_id", "given_name", "family_name", "preferred_name", "born_on", "sex", "nc_year", "base_id",
    "class_id", "ended_on",
)  # fmt: skip
SECTIONS = {
    "roll": ("upn", "upn_unknown_reason", "former_upn", "address", "first_language"),
    "sen": ("sen_provision", "sen_needs", "ehcp_review_due_on"),
    "circumstances": ("pupil_premium", "free_meals", "looked_after", "young_carer", "service_child"),
    "health": ("allergens", "allergies", "medical_note"),
}
BOOKING = (
    "id", "version", "school_id", "space_id", "starts_at", "ends_at", "purpose", "subject", "note", "status",
    "whole_base", "pupil_ids", "others", "staff_ids", "takes_from", "booked_by", "series_id", "series_on", "decided_by",
    "checked_in_at", "closure_id", "cancelled_at",
)  # fmt: skip

_COLUMNS = """
SELECT p.id, p.version, p.school_id, p.given_name, p.family_name, p.preferred_name, p.born_on, p.sex, p.nc_year_given,
  (SELECT base_id FROM placements WHERE pupil_id = p.id AND from_on <= CURRENT_DATE
      AND (until_on IS NULL OR until_on >= CURRENT_DATE) ORDER BY from_on DESC LIMIT 1),
  (SELECT class_id FROM registrations r WHERE r.pupil_id = p.id AND r.school_id = p.school_id), p.ended_on,
  p.upn, p.upn_unknown_reason, p.former_upn, p.address, p.first_language, p.sen_provision, p.sen_needs,
  p.ehcp_review_due_on, p.pupil_premium, p.free_meals, p.looked_after, p.young_carer, p.service_child,
  p.allergens, p.allergies, p.medical_note
FROM pupils p
WHERE p.id IN (SELECT pupil_id FROM registrations WHERE school_id = $1
   AND (from_on <= CURRENT_DATE OR kind = 'enrolled')
   AND (until_on IS NULL OR until_on >= CURRENT_DATE))
"""
LIST = _COLUMNS + "ORDER BY p.id LIMIT 51"
ONE = _COLUMNS + "AND p.id = $2"
INSERT = """
INSERT INTO bookings (id, version, created_at, updated_at, school_id, space_id, starts_at, ends_at, purpose, status,
  whole_base, pupil_ids, staff_ids, takes_from, booked_by)
VALUES ($1, 1, $2, $2, $3, $4, $5, $6, $7, 'booked', false, $8, $9, '{}', $10)
"""
