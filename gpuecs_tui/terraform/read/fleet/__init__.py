"""The answers about the instances of the fleet."""
