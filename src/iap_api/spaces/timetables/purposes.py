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


def in_words(purpose: str) -> str:
    """Return the words for a purpose; one that has none yet is called by its name."""
    return WORDS.get(purpose) or purpose.replace("_", " ").capitalize()
