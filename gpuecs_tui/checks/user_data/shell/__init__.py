"""A shell script followed without running it: its commands, and what each does to files."""
