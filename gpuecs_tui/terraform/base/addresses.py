"""Resource addresses as Terraform writes them (Terraform documentation, "Resource Addressing")."""

from __future__ import annotations


def without_key(address: str) -> str:
    """Return ``address`` without the key of an instance: ``type.name`` of ``type.name["a"]``."""
    return address.partition("[")[0]
