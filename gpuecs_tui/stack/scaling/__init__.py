"""Task scaling: its keys, its schedules, and what follows from them."""
