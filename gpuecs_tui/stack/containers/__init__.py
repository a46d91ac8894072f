"""The containers of a task."""
