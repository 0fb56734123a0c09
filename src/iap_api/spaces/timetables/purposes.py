"""What a booking is for, in a word or two that stand in a calendar and on a timetable."""

WORDS: dict[str, str] = {
    "lesson": "Lesson",
    "regulation": "Regulation",
    "therapy": "Therapy",
    "sensory_circuit": "Sensory circuit",
    "reintegration_lesson": "Lesson in class",
    "meeting": "Meeting",
    "maintenance": "Maintenance",
    "other": "Booked",
}
# as a school's own timetable has them; what is not here is called by its name
SUBJECTS: dict[str, str] = {
    "mathematics": "Maths",
    "art_and_design": "Art",
    "design_and_technology": "DT",
    "physical_education": "PE",
    "religious_education": "RE",
    "relationships_and_health_education": "RSHE",
}


def in_words(purpose: str, subject: str | None = None) -> str:
    """Return the words for a purpose, or for the subject of a lesson; what has none yet is called by its name."""
    if subject and subject != "other":
        lesson = SUBJECTS.get(subject) or _name(subject)
        return f"{lesson} in class" if purpose == "reintegration_lesson" else lesson
    return WORDS.get(purpose) or _name(purpose)


def _name(code: str) -> str:
    return code.replace("_", " ").capitalize()
