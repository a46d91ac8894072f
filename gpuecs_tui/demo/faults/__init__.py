"""Faults that can be simulated in the demo account."""
