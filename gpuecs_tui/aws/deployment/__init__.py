"""A deployed stack as AWS reports it: service, tasks, instances and targets."""
