"""The data-protection desk: who saw what, what is kept about whom, for how long, and how it goes."""
