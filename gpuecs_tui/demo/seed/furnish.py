"""Furnishes the emulated account: what a real one has before anybody runs this tool.

Ids are the same in every account ever started: an answers file or a Terraform directory that
names them outlives the server. us-east-1 is furnished; other regions have their default VPC.
"""

from __future__ import annotations

from moto.moto_api._internal import mock_random

from gpuecs_tui.demo.seed import access, images, network, services


def furnish() -> None:
    """Fill moto's backends. Call once, after the gaps are closed and before anybody asks."""
    network.furnish()
    access.furnish()
    images.furnish()
    services.furnish()
    # From here on ids must differ from run to run, as AWS's do.
    mock_random.seed()
