"""Reviews: a meeting about one pupil, the words of everyone heard, its targets and its decision."""
