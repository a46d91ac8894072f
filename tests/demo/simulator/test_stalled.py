"""A first deployment that fails is stalled: there is nothing to return to."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.demo.simulator.stepped import BREAKER, stepped


def test_without_an_earlier_deployment_nothing_is_rolled_back() -> None:
    with stepped(deploymentConfiguration=BREAKER, balanced=False) as account:
        account.faults.keep(["pull-arch"])
        account.until(lambda: account.history[0]["status"] == "ROLLBACK_FAILED")
        (deployment,) = account.service["deployments"]
        assert deployment["rolloutState"] == "FAILED" and deployment["failedTasks"] == 3
        assert deployment["rolloutStateReason"] == (
            "ECS deployment circuit breaker: tasks failed to start."
        )
        reason = "No rollback candidate was found to run the rollback."
        assert account.history[0]["statusReason"] == reason
        account.until(lambda: not account.tasks)
        account.begin()
        account.step(60)
        # The deployment is stalled until a new one, also after the fault.
        account.faults.clear(())
        account.step(60)
        assert "has started" not in account.new_events and account.tasks == []
        account.update(forceNewDeployment=True)
        account.step(2)
        arn = account.history[0]["serviceDeploymentArn"]
        with pytest.raises(ClientError, match=reason):
            account.ecs.stop_service_deployment(serviceDeploymentArn=arn)
        account.until(account.steady)
        assert [it["status"] for it in account.history] == ["SUCCESSFUL", "ROLLBACK_FAILED"]

        account.update(
            deploymentConfiguration={
                "deploymentCircuitBreaker": {"enable": True, "rollback": False}
            }
        )
        account.faults.keep(["start-timeout"])
        account.update(forceNewDeployment=True)
        account.until(lambda: account.history[0]["status"] == "STOPPED")
        states = [it["rolloutState"] for it in account.service["deployments"]]
        assert states == ["FAILED", "COMPLETED"]
        account.ecs.delete_service(cluster="llm", service="llm", force=True)
        account.step(30)
        assert account.service["status"] == "INACTIVE"
