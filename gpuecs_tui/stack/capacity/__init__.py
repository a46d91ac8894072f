"""The capacity of a fleet: instance types that can replace each other, and purchase options."""
