"""A run on disk: its record, its journal, its directory lock and the start of its runner."""
