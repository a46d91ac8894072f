"""What CloudWatch shows of a stack: metrics of GPUs, alarms, and a dashboard."""
