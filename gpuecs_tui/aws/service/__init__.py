"""The ECS service that runs: its task count and its revision."""
