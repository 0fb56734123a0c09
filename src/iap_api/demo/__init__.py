"""Made-up trusts to try the API on and to measure it with; nobody in them is real."""
