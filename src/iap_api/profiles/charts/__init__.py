"""Pictures of profiles: the histogram, the pupil's line and the group's heat map, readable without colour."""
