"""Measures the API beside a limit and a peer: `make bench`; docs/bench.md says how to read it."""
