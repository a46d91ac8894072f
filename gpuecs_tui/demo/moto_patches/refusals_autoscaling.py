"""What Auto Scaling refuses about the size of a group, and moto accepts.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse

from gpuecs_tui.demo.moto_patches.patching import wrap


def size_of_a_group() -> None:
    """A group may have a maximum size below its minimum, or a desired capacity outside both."""

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
        least = _given(given, "min_size", group.min_size)
        most = _given(given, "max_size", group.max_size)
        desired = given.get("desired_capacity")
        if desired is None:
            present = int(group.desired_capacity or 0)
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
    """SetDesiredCapacity accepts a capacity below the group's minimum or above its maximum."""

    def put(original: Any, self: AutoScalingResponse) -> Any:
        group = self.autoscaling_backend.autoscaling_groups.get(
            self._get_param("AutoScalingGroupName")
        )
        wanted = self._get_int_param("DesiredCapacity")
        least, most = (group.min_size or 0, group.max_size or 0) if group else (wanted, wanted)
        if wanted > most:
            raise AutoscalingClientError(
                "ValidationError",
                f"New SetDesiredCapacity value {wanted} is above max value {most} for "
                "the AutoScalingGroup.",
            )
        if wanted < least:
            raise AutoscalingClientError(
                "ValidationError",
                f"New SetDesiredCapacity value {wanted} is below min value {least} for "
                "the AutoScalingGroup.",
            )
        return original(self)

    wrap(AutoScalingResponse, "set_desired_capacity", put)


def instance_to_terminate() -> None:
    """TerminateInstanceInAutoScalingGroup returns 500 for an unknown instance, and goes below the
    group's minimum."""

    def terminate(original: Any, self: AutoScalingResponse) -> Any:
        identity = self._get_param("InstanceId")
        groups = self.autoscaling_backend.autoscaling_groups.values()
        group = next(
            (it for it in groups for state in it.instance_states if state.instance.id == identity),
            None,
        )
        if group is None:
            raise AutoscalingClientError(
                "ValidationError",
                f"Instance Id not found - No managed instance found for instance ID: {identity}",
            )
        shrinks = self._get_bool_param("ShouldDecrementDesiredCapacity", False)
        least = group.min_size or 0
        if shrinks and (group.desired_capacity or 0) <= least:
            raise AutoscalingClientError(
                "ValidationError",
                f"Currently, desiredSize equals minSize ({least}). Terminating instance without "
                "replacement will violate group's min size constraint. Either set "
                "shouldDecrementDesiredCapacity flag to false or lower group's min size.",
            )
        return original(self)

    wrap(AutoScalingResponse, "terminate_instance_in_auto_scaling_group", terminate)


def _given(request: dict[str, Any], name: str, present: int | None) -> int:
    wanted = request.get(name)
    return int((present or 0) if wanted is None else wanted)


def _refuse_outside(desired: int, least: int, most: int) -> None:
    if not least <= desired <= most:
        raise AutoscalingClientError(
            "ValidationError",
            f"Desired capacity:{desired} must be between the specified min size:{least} and max "
            f"size:{most}",
        )


GAPS = (size_of_a_group, capacity_outside_the_size, instance_to_terminate)
