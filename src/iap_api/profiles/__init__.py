"""Instruments, the profiles answered with them, and what their scores say about a pupil."""
