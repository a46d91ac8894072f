"""Fills the demo account with resources that a real account has before this program runs.

Ids are the same in every demo account, so that answers files and Terraform directories that name
them remain valid after a restart. us-east-1 has all resources; other Regions have a default VPC.
"""

from __future__ import annotations

from moto.moto_api._internal import mock_random

from gpuecs_tui.demo.seed import access, images, network, services


def furnish() -> None:
    """Fill moto's backends. Call once, after the gaps are closed and before the first request."""
    network.furnish()
    access.furnish()
    images.furnish()
    services.furnish()
    # From here on, ids must differ from run to run, as on AWS.
    mock_random.seed()
