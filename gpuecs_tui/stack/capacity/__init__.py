"""The capacity of a fleet: instance types that stand in for each other, and purchase options."""
