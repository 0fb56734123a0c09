"""Timetables to print: the week of a base or of a pupil, with symbols."""
