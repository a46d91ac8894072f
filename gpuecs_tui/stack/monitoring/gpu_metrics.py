"""GPU use and memory as CloudWatch metrics of the Auto Scaling group.

Source: CloudWatch user guide, "Collect NVIDIA GPU metrics". The CloudWatch agent on the instances
sends them, rolled up by group, so that their number does not grow with the fleet.
"""

from __future__ import annotations

NAMESPACE = "CWAgent"
"""The namespace in which the agent puts its metrics."""
DIMENSION = "AutoScalingGroupName"
MEASURED = ("utilization_gpu", "memory_used", "memory_total")
"""What the agent measures on each GPU. ``utilization_memory`` is about the traffic of the memory,
not about the part that is used."""
METRICS = tuple(f"nvidia_smi_{it}" for it in MEASURED)
"""The names of the metrics in CloudWatch."""
USE, MEMORY_USED, MEMORY_TOTAL = METRICS
"""Percent of the time in which a GPU works; MiB of its memory."""
CONFIGURATION = "/etc/gpu-metrics.json"
"""The file that configures the agent. User data that uses it sends the metrics. The package alone
is no sign of them: it may be in the AMI, or have another configuration."""
ENDPOINTS = ("monitoring", "ec2")
"""Services that the agent calls: it sends metrics, and reads the name of the group from the tags of
its instance."""
ACTIONS = ("cloudwatch:PutMetricData", "ec2:DescribeTags")
"""What the agent needs of the managed policy CloudWatchAgentServerPolicy."""
