"""Suggestions for one pupil: what is known, the points it gives, and the answer."""
