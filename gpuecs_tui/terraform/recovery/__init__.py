"""A stack after a failed or killed run: locks, damaged or missing state, and the remedies."""
