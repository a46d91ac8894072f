"""The rule user-data: what the boot script of instances does to the ECS agent."""
