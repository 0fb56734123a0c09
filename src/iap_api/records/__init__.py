"""The data-protection desk: access records, subject requests, retention and erasure."""
