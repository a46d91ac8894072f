"""A stack after a bad end: what is locked, damaged or missing, and how it is repaired."""
