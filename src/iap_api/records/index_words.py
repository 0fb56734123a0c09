"""The words of a package's index, and how its days are said; the parent reads them first."""

from datetime import date

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

KINDS: dict[str, str] = {
    "access": "a copy of the data (right of access, UK GDPR article 15)",
    "portability": "the data in a form that other systems can read (UK GDPR article 20)",
    "educational_record": "a parent’s copy of the educational record (2005 regulations, maintained schools)",
}
WORKING = (
    "This is the working copy for the data protection officer. It holds data about other people. It is not what the "
    "requester receives: decide about every marked place, then release."
)
HOW_TO_READ = (
    "This copy holds what the school’s system for its internal alternative provision keeps about the pupil. It lists "
    "what there is, then shows the record part by part, and ends with who has seen it.",
    "The file record.json beside this one holds the same record for a computer, with every reference. Staff are named "
    "where they acted as part of their work. Of other pupils only the number is given.",
)
WITHHELD_LEAD = (
    "Words may be withheld because they are about somebody else, or for another reason the law allows. Where that is "
    "so, the place itself says [withheld], unless even that would tell what is withheld."
)
LEFT_OUT_LEAD = (
    "These tables of the system refer to the pupil, or could, and are not in this copy. Records on paper and in other "
    "systems of the school (registers, e-mail, the child-protection file) are not part of it either."
)
COMPLAINT = (
    "If you think that something is missing or wrong, tell the school first: you may ask for it to be put right. You "
    "may also complain to the Information Commissioner’s Office (ico.org.uk, 0303 123 1113)."
)


def day_in_words(day: date) -> str:
    """Return a day as it is said: Tuesday 24 November 2026."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"
