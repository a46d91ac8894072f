"""Changes the demo account over time: instances launch, tasks start, deployments end."""
