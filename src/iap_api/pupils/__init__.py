"""Pupils: the roll, contacts, placements, caseload and zones, and the one filter that says who sees whom."""
