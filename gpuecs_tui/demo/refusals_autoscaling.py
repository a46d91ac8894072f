"""What Auto Scaling refuses about the size of a group, and moto accepts.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse

from gpuecs_tui.demo.patching import wrap


def size_of_a_group() -> None:
    """A group gets a maximum below its minimum, or a desired capacity outside of them."""

    def create(original: Any, self: AutoScalingBackend, *args: Any, **given: Any) -> Any:
        least, most = int(given["min_size"]), int(given["max_size"])
        desired = given.get("desired_capacity")
        # A group without a desired capacity has its minimum.
        _refuse_outside(least if desired is None else int(desired), least, most)
        return original(self, *args, **given)

    def update(original: Any, self: AutoScalingBackend, *args: Any, **given: Any) -> Any:
        group = self.autoscaling_groups.get(given["name"])
        if group is None:
            return original(self, *args, **given)
        least, most = given.get("min_size"), given.get("max_size")
        least = group.min_size if least is None else least
        most = group.max_size if most is None else most
        desired = given.get("desired_capacity")
        if desired is None:
            present = group.desired_capacity
            # AWS moves the desired capacity to the nearest bound, and moto only if the number of
            # instances says so.
            desired = min(max(present, least), most)
            if desired != present:
                given["desired_capacity"] = desired
        _refuse_outside(desired, least, most)
        return original(self, *args, **given)

    wrap(AutoScalingBackend, "create_auto_scaling_group", create)
    wrap(AutoScalingBackend, "update_auto_scaling_group", update)


def capacity_outside_the_size() -> None:
    """SetDesiredCapacity takes a capacity below the group's minimum or above its maximum."""

    def put(original: Any, self: AutoScalingResponse) -> Any:
        group = self.autoscaling_backend.autoscaling_groups.get(
            self._get_param("AutoScalingGroupName")
        )
        wanted = self._get_int_param("DesiredCapacity")
        if group and wanted > group.max_size:
            raise AutoscalingClientError(
                "ValidationError",
                f"New SetDesiredCapacity value {wanted} is above max value {group.max_size} for "
                "the AutoScalingGroup.",
            )
        if group and wanted < group.min_size:
            raise AutoscalingClientError(
                "ValidationError",
                f"New SetDesiredCapacity value {wanted} is below min value {group.min_size} for "
                "the AutoScalingGroup.",
            )
        return original(self)

    wrap(AutoScalingResponse, "set_desired_capacity", put)


def _refuse_outside(desired: int, least: int, most: int) -> None:
    if not least <= desired <= most:
        raise AutoscalingClientError(
            "ValidationError",
            f"Desired capacity:{desired} must be between the specified min size:{least} and max "
            f"size:{most}",
        )


GAPS = (size_of_a_group, capacity_outside_the_size)
