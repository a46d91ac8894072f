"""A run on disk: its record, journal, directory lock and runner."""
