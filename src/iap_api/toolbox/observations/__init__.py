"""Daily observations: what was seen of a child in a lesson, in one call from a phone."""
