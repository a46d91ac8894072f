"""What the emulated account holds when it starts."""
