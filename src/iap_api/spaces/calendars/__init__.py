"""Bookings in the calendar programs that people have anyway (iCalendar)."""
