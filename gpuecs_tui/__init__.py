"""A terminal wizard that creates a GPU service on Amazon ECS and leaves plain Terraform."""

__version__ = "0.1.0"
