"""Resource addresses as Terraform writes them (Terraform documentation, "Resource Addressing")."""

from __future__ import annotations

FLEET_TIES = "terraform_data.fleet_ties"
"""Keeps the ids that running instances can't change."""
PORT_HANDOVER = "terraform_data.port_handover"
"""Orders the listeners if HTTPS uses a port that HTTP had."""


def without_key(address: str) -> str:
    """Return ``address`` without the key of an instance: ``type.name`` of ``type.name["a"]``."""
    return address.partition("[")[0]
