"""Figures of use: hours taught, occupancy, what settles whom, and what was refused."""
