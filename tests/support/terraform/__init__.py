"""Stacks, runs and a Terraform that replays: made for tests, without the real one."""
