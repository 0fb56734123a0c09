"""Read across packages for one person's day: the passport of a pupil."""
