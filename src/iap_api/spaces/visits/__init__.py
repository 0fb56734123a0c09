"""Visits: that a pupil was in a space, booked or not; and the record of every time they were not free to leave."""
