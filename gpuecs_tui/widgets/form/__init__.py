"""The fields of a step."""
