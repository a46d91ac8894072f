"""Texts that answer every question of the wizard."""

from __future__ import annotations

from tests.support.fakes import IMAGE, REGION, SUBNETS, VPC

WHOLE = {
    "stack.name": "llama",
    "stack.region": REGION,
    "network.vpc_id": VPC,
    "network.instance_subnet_ids": ", ".join(SUBNETS[0:4:2]),
    "fleet.instance_type": "g4dn.xlarge",
    "task.image": IMAGE,
}
