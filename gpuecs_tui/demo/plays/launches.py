"""Why an Auto Scaling group can't launch an instance: the StatusMessage of the scaling activity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EVERY_ZONE = "all"
"""The operand of ``no-capacity`` that means every Availability Zone."""

LAUNCH = "Launching EC2 instance failed."
"""The end of a failed launch's StatusMessage
(https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-instancelaunchfailure.html)."""


@dataclass(frozen=True, slots=True)
class FailedLaunch:
    """A scaling activity that doesn't end with a running instance."""

    message: str
    """StatusMessage. Placeholders: type, zone, others (zones), subnet, image,
    account, profile."""
    status: str = "Failed"
    """StatusCode."""
    state_reason: str = ""
    """EC2's StateReason of the instance, which is launched and terminated: code and message; empty
    if EC2 launches none."""


LAUNCHES: Mapping[str, FailedLaunch] = {
    # https://github.com/2i2c-org/infrastructure/issues/3334
    "no-capacity": FailedLaunch(
        "We currently do not have sufficient {type} capacity in the Availability Zone you "
        "requested ({zone}). Our system will be working on provisioning additional capacity. You "
        "can currently get {type} capacity by not specifying an Availability Zone in your request "
        f"or choosing {{others}}. {LAUNCH}"
    ),
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    "vcpu-limit": FailedLaunch(
        "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the "
        "instance bucket that the specified instance type belongs to. Please visit "
        "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit. "
        f"{LAUNCH}"
    ),
    # https://github.com/aws/aws-parallelcluster/issues/1115
    "spot-limit": FailedLaunch(f"Max spot instance count exceeded. {LAUNCH}"),
    # https://github.com/cortexlabs/cortex/issues/1258
    "spot-none": FailedLaunch(
        "Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity "
        f"available that matches your request. {LAUNCH}"
    ),
    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-ami.html
    "bad-template": FailedLaunch(f"The AMI ID {{image}} does not exist. {LAUNCH}"),
    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
    "kms-denied": FailedLaunch(
        "Instance became unhealthy while waiting for instance to be in InService state. "
        "Termination Reason: Client.InvalidKMSKey.InvalidState: The KMS key provided is in an "
        "incorrect state",
        "Cancelled",
        "Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state",
    ),
    # https://github.com/hashicorp/terraform-provider-aws/issues/4769
    "profile-bad": FailedLaunch(
        "Value ({profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance "
        f"Profile name. {LAUNCH}"
    ),
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    "no-address": FailedLaunch(
        "There are not enough free addresses in subnet '{subnet}' to satisfy the requested number "
        f"of instances. {LAUNCH}"
    ),
    # https://github.com/pelias-deprecated/kubernetes/issues/32
    "slr-missing": FailedLaunch(
        "Access denied when attempting to assume role arn:aws:iam::{account}:role/"
        "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling. Validating load "
        "balancer configuration failed."
    ),
}
"""Fault → the activity that it causes."""
