"""Gaps of moto's IAM."""

from __future__ import annotations

from typing import Any

from moto.iam.exceptions import DeleteConflictException, NoSuchEntity
from moto.iam.models import IAMBackend

from gpuecs_tui.demo.patching import wrap

NOT_IN_PROFILE = "Cannot find role {role} in Instance Profile {profile}"


def role_not_in_profile() -> None:
    """RemoveRoleFromInstanceProfile of one that isn't there answers 500: a destroy whose first
    call's answer was lost goes on for minutes.
    """

    def remove(original: Any, self: IAMBackend, profile_name: str, role_name: str) -> None:
        profile = self.get_instance_profile(profile_name)
        if self.get_role(role_name) not in profile.roles:
            raise NoSuchEntity(NOT_IN_PROFILE.format(role=role_name, profile=profile_name))
        original(self, profile_name, role_name)

    wrap(IAMBackend, "remove_role_from_instance_profile", remove)


def policy_in_use() -> None:
    """DeletePolicy succeeds though a role, user or group has the policy attached."""

    def delete(original: Any, self: IAMBackend, policy_arn: str) -> None:
        if self.get_policy(policy_arn).attachment_count:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        original(self, policy_arn)

    wrap(IAMBackend, "delete_policy", delete)


GAPS = (role_not_in_profile, policy_in_use)
