"""Deployment alarms: one that starts during a deployment rolls it back."""

from __future__ import annotations

from gpuecs_tui.demo.model import alarms

from .stepped import Stepped, stepped

ALARM = "llm-server-errors"
WATCHED = {"alarms": {"alarmNames": [ALARM], "enable": True, "rollback": True}}


def deploy(demo: Stepped) -> None:
    demo.update(taskDefinition=demo.register(image="next"))
    demo.step(2)


def test_an_alarm_that_starts_during_a_deployment_rolls_it_back() -> None:
    with stepped(deploymentConfiguration=WATCHED) as demo:
        demo.client("cloudwatch").put_metric_alarm(
            AlarmName=ALARM,
            Namespace="AWS/ApplicationELB",
            MetricName="HTTPCode_Target_5XX_Count",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        demo.until(demo.steady)
        assert demo.history[0]["alarms"]["status"] == "MONITORING_COMPLETE"
        deploy(demo)
        alarms.set_alarm(ALARM, 1)
        demo.until(lambda: demo.history[0]["status"] == "ROLLBACK_SUCCESSFUL")
        assert demo.history[0]["alarms"]["triggeredAlarmNames"] == [ALARM]
        assert demo.service["taskDefinition"].endswith(":1")
        # It was in ALARM before this deployment, so it does not count.
        deploy(demo)
        demo.until(lambda: demo.history[0]["status"] == "SUCCESSFUL")
        assert demo.service["taskDefinition"].endswith(":3")
        alarms.set_alarm(ALARM, 0)
        states = demo.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
        assert [it["StateValue"] for it in states] == ["OK"]
