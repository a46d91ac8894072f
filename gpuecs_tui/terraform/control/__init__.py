"""Start, approve, discard and cancel runs, and the checks before a start."""
