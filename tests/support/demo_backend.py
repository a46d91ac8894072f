"""Settings to initialise Terraform with a state in the demo account's S3."""

from __future__ import annotations

BACKEND_OPTIONS = ("use_path_style=true",)
"""Values of ``-backend-config`` for ``terraform init``: the demo account's address is an IP
address, so a bucket can't be part of the host name."""
