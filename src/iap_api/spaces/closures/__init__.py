"""A school, a base or spaces closed for a time: the closures, what they cancel, and who cannot go back."""
