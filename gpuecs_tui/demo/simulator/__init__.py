"""The emulated account over time: instances launch, tasks start, deployments end."""
