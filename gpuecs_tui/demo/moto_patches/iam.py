"""Gaps of moto's IAM."""

from __future__ import annotations

from inspect import signature
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.exceptions import DeleteConflictException, LimitExceededException, NoSuchEntity
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse

from gpuecs_tui.demo.moto_patches.patching import wrap

INLINE_CHARACTERS = 10_240
NO_PRINCIPAL = "The principal {arn} cannot be found."
NO_BOUNDARY = "Scope ARN: {arn} does not exist or is not attachable."
NOT_IN_PROFILE = "Cannot find role {role} in Instance Profile {profile}"


def role_not_in_profile() -> None:
    """RemoveRoleFromInstanceProfile of a missing role returns 500: a destroy that lost the response
    of its first call retries for minutes.
    """

    def remove(original: Any, self: IAMBackend, profile_name: str, role_name: str) -> None:
        profile = self.get_instance_profile(profile_name)
        if self.get_role(role_name) not in profile.roles:
            raise NoSuchEntity(NOT_IN_PROFILE.format(role=role_name, profile=profile_name))
        original(self, profile_name, role_name)

    wrap(IAMBackend, "remove_role_from_instance_profile", remove)


def policy_in_use() -> None:
    """DeletePolicy succeeds although the policy is attached to a role, user or group."""

    def delete(original: Any, self: IAMBackend, policy_arn: str) -> None:
        if self.get_policy(policy_arn).attachment_count:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        original(self, policy_arn)

    wrap(IAMBackend, "delete_policy", delete)


def long_inline_policies() -> None:
    """PutRolePolicy accepts any size; IAM limits all inline policies of a role together."""

    def put(
        original: Any, self: IAMBackend, role_name: str, policy_name: str, policy_json: str
    ) -> None:
        role = self.get_role(role_name)
        texts = {**role.policies, policy_name: policy_json}
        if sum(len("".join(text.split())) for text in texts.values()) > INLINE_CHARACTERS:
            raise LimitExceededException(
                f"Maximum policy size of {INLINE_CHARACTERS} bytes exceeded for role {role_name}"
            )
        original(self, role_name, policy_name, policy_json)

    wrap(IAMBackend, "put_role_policy", put)


def missing_boundaries() -> None:
    """CreateRole and PutRolePermissionsBoundary accept a boundary that doesn't exist."""

    def refuse(self: IAMBackend, arn: str | None) -> None:
        if arn and arn not in self.managed_policies:
            raise NoSuchEntity(NO_BOUNDARY.format(arn=arn))

    def create(original: Any, self: IAMBackend, *args: Any, **kwargs: Any) -> Any:
        given = signature(original).bind(self, *args, **kwargs).arguments
        refuse(self, given["permissions_boundary"])
        return original(self, *args, **kwargs)

    def put(original: Any, self: IAMBackend, role_name: str, permissions_boundary: str) -> None:
        refuse(self, permissions_boundary)
        original(self, role_name, permissions_boundary)

    wrap(IAMBackend, "create_role", create)
    wrap(IAMBackend, "put_role_permissions_boundary", put)


def simulated_policies() -> None:
    """SimulatePrincipalPolicy is missing: the permissions of existing roles are unknown."""

    def simulate(_original: Any, self: IamResponse) -> ActionResult:
        policies = _policies(self.backend, self._get_param("PolicySourceArn"))
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": _decision(policies, action, resource),
            }
            for action in self._get_param("ActionNames", [])
            for resource in self._get_param("ResourceArns", ["*"])
        ]
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})

    wrap(IamResponse, "simulate_principal_policy", simulate)


def _policies(iam: IAMBackend, arn: str) -> list[IAMPolicy]:
    """Return the attached and the inline policies of a role or user; none for any other ARN."""
    owners: list[Any] = [*iam.roles.values(), *iam.users.values()]
    owner = next((it for it in owners if it.arn == arn), None)
    if owner is None:
        raise NoSuchEntity(NO_PRINCIPAL.format(arn=arn))
    inline = owner.policies
    documents = inline.values() if isinstance(inline, dict) else inline
    return [*map(IAMPolicy, owner.managed_policies.values()), *map(IAMPolicy, documents)]


def _decision(policies: list[IAMPolicy], action: str, resource: str) -> str:
    found = {it.is_action_permitted(action, resource) for it in policies}
    if PermissionResult.DENIED in found:
        return "explicitDeny"
    return "allowed" if PermissionResult.PERMITTED in found else "implicitDeny"


GAPS = (
    role_not_in_profile,
    policy_in_use,
    long_inline_policies,
    missing_boundaries,
    simulated_policies,
)
