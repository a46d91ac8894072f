"""The names of the files that Terraform loads."""

from __future__ import annotations

VARIABLE_FILE = "terraform.tfvars"
"""The variable file that Terraform loads automatically, also with ``.json`` after its name."""
VARIABLES = (".tfvars", ".tfvars.json")
"""Suffixes of variable files. Terraform loads others than the automatic ones with an option."""
AUTO_VARIABLES = (".auto.tfvars", ".auto.tfvars.json")
"""Suffixes of the variable files that Terraform loads automatically."""
CONFIGURATION = (".tf", ".tf.json")
"""Suffixes of Terraform's configuration files."""
OPENTOFU = (".tofu", ".tofu.json")
"""Suffixes of configuration files that only OpenTofu loads."""
