"""Schools: the trust, its schools and bases, their classes and staff, and the official code sets."""
