"""Patterns of files that git ignores in a stack directory; written into a new directory only."""

from gpuecs_tui.terraform.write.stage import STAGE

GITIGNORE = ".gitignore"
PATTERNS = f"""\
# Providers and modules: `terraform init` downloads them again.
.terraform/

# State and plans hold every value in plain text, secrets among them.
*.tfstate
*.tfstate.*
*.tfplan

crash*.log
{STAGE}/

# Commit .terraform.lock.hcl: it pins the versions of the providers.
"""
