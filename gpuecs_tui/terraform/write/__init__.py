"""A stack written into a directory: merged with edits by hand, all files or none."""
