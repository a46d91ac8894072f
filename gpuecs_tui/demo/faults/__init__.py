"""Faults that can be simulated in the emulated account."""
