"""The data-protection desk: what is kept about whom, for how long, and how it goes."""
