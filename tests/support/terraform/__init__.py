"""Stacks, runs and a Terraform that replays recorded output, for tests without the real one."""
