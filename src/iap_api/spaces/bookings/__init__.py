"""Bookings: who is to be in which space, when and why; the database refuses every overlap."""
