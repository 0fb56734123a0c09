"""Calendars as a school publishes them, for tests."""

from typing import Any


def year_of(school_id: object, **more: Any) -> dict[str, Any]:
    """2026/27 as a school office has it on the wall."""
    return {
        "school_id": str(school_id), "name": "2026/27", "starts_on": "2026-09-01", "ends_on": "2027-08-31",
        "terms": [
            {"name": "Autumn", "starts_on": "2026-09-02", "ends_on": "2026-12-18"},
            {"name": "Spring", "starts_on": "2027-01-04", "ends_on": "2027-03-25"},
            {"name": "Summer", "starts_on": "2027-04-12", "ends_on": "2027-07-21"},
        ],
        "days_off": [
            {"kind": "inset", "name": "INSET", "from_on": "2026-09-02", "until_on": "2026-09-02"},
            {"kind": "half_term", "name": "Autumn half-term", "from_on": "2026-10-26", "until_on": "2026-10-30"},
            {"kind": "half_term", "name": "Summer half-term", "from_on": "2027-05-31", "until_on": "2027-06-04"},
            {"kind": "bank_holiday", "name": "Spring bank", "from_on": "2027-05-31", "until_on": "2027-05-31"},
            {"kind": "holiday", "name": "Polling station", "from_on": "2027-05-06", "until_on": "2027-05-06"},
        ],
        **more,
    }  # fmt: skip


def period_of(school_id: object, **more: Any) -> dict[str, Any]:
    """The first lesson of the day."""
    return {
        "school_id": str(school_id), "name": "Period 1", "weekdays": [1, 2, 3, 4, 5], "from_time": "09:05",
        "until_time": "10:00", "lesson": True, **more,
    }  # fmt: skip
