"""The live board of a base: now, next, and who is where, once or as a stream."""
