"""The plan of a destroy of a stack ``llm`` in us-west-2, as ``terraform show -json`` prints it."""

import json

from tests.support.terraform.plan_json import resource, show

_TASK = {
    "family": "llm",
    "arn": "arn:aws:ecs:us-west-2:123456789012:task-definition/llm:2",
    "skip_destroy": True,
    "tags_all": {"team": "ml"},
    "container_definitions": json.dumps(
        [{"logConfiguration": {"options": {"awslogs-group": "/ecs/kept"}}}]
    ),
}
DETAILS = show(
    resource("aws_ecs_task_definition.this", "delete", before=_TASK),
    resource("aws_autoscaling_group.this", "delete", before={"name": "llm"}),
    resource("aws_security_group.instances", "delete", before={"id": "sg-1"}),
    resource(
        "aws_launch_template.this",
        "delete",
        before={"tag_specifications": [{"resource_type": "volume", "tags": {"Name": "llm"}}]},
    ),
    resource(
        "aws_ecs_cluster.this",
        "delete",
        before={"name": "llm", "setting": [{"name": "containerInsights", "value": "enabled"}]},
    ),
)
