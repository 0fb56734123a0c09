"""Access: who signs in, what their roles reach, and the ledger of what they saw and did."""
