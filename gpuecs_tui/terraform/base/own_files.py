"""The names of the files that this program writes into a stack directory."""

from __future__ import annotations

MOVED_FILE = "moved.tf"
"""The ``moved`` blocks of renamed addresses."""
USER_DATA = ("user_data.sh", "user_data.toml")
EXTRA_USER_DATA = ("extra_user_data.sh", "extra_user_data.toml")
"""The content of ``fleet.extra_user_data``, byte for byte: Terraform does not interpret it."""
TERRAFORM_FILES = (
    "versions.tf", "backend.tf", "providers.tf", "variables.tf", "terraform.tfvars", "network.tf",
    "endpoints.tf", "fleet.tf", "task.tf", "service.tf", "autoscaling.tf", "load_balancer.tf",
    "deployment.tf", "monitoring.tf", "iam.tf", "outputs.tf", MOVED_FILE,
)  # fmt: skip
OWN_FILES = (*TERRAFORM_FILES, *USER_DATA, *EXTRA_USER_DATA)
"""Every file name that may be written; all other files in a directory belong to the user."""
