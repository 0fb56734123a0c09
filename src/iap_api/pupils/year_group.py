"""The national curriculum year a child is in, from the date of birth and the academic year."""

from datetime import date
from functools import lru_cache


def academic_year(day: date) -> int:
    """Return the calendar year in which the academic year of `day` began (1 September)."""
    return day.year if day.month >= 9 else day.year - 1


@lru_cache(maxsize=8192)
def nc_year(born_on: date, day: date) -> str:
    """Return N1, N2, R or 1 to 14: the age on 31 August before the academic year decides; outside it, X."""
    began = academic_year(day)
    age = began - born_on.year - ((born_on.month, born_on.day) > (8, 31))
    if age < 2:
        return "X"
    named = {2: "N1", 3: "N2", 4: "R"}
    return named.get(age) or (str(age - 4) if age <= 18 else "X")
