"""Spaces: rooms and retreats, their bookings, and who is present where; the database refuses every overlap."""
