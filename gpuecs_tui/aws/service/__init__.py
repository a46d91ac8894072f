"""The running ECS service: its task count and its revision."""
