"""Invented AWS responses, and servers that return them."""
