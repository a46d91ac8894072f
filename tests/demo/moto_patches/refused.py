"""One scenario for each refusal that docs/demo-account.md lists.

Each makes what a refusal is about and returns the call that AWS refuses.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.demo.moto_patches.made import (
    IMAGE,
    TASK,
    Client,
    cluster_with_provider,
    described,
    scaling_group,
    service,
    subnets,
    target_group,
)
from tests.demo.moto_patches.refused_scaling import (
    action_of_no_schedule,
    action_of_no_time_zone,
    action_with_limits_upside_down,
    action_without_a_target,
    limits_turned_upside_down,
    limits_upside_down,
    policy_of_an_unknown_load_balancer,
    policy_of_no_load_balancer,
    policy_of_the_same_metric,
    policy_without_a_target,
    target_without_a_maximum,
)
from tests.demo.moto_patches.refused_settings import (
    capacity_above_the_size,
    capacity_below_the_size,
    checkpoints_upside_down,
    container_above_its_task,
    container_that_waits_for_an_essential_one,
    container_that_waits_for_no_other,
    credentials_without_a_role,
    desired_above_the_size,
    desired_below_the_size,
    desired_set_above_the_size,
    group_turned_to_a_long_timeout,
    group_turned_to_a_short_interval,
    group_with_a_short_interval,
    health_check_that_starts_late,
    health_check_too_often,
    health_check_without_a_form,
    instance_below_the_size,
    instance_of_no_group,
    listener_of_an_unknown_policy,
    listener_turned_to_an_unknown_policy,
    listener_turned_to_https,
    listener_without_certificate,
    log_group_with_a_closed_key,
    log_group_with_an_absent_key,
    logs_to_a_bucket_with_a_kms_key,
    logs_to_a_bucket_without_a_policy,
    logs_to_a_missing_bucket,
    logs_to_another_prefix,
    logs_to_another_region,
    maximum_turned_below_the_minimum,
    odd_retention,
    policy_given_a_spot_template,
    policy_with_a_spot_template,
    provider_of_an_unprotected_name,
    provider_turned_to_protection,
    reservation_above_memory,
    reservations_above_their_task,
    restarts_too_often,
    rollback_to_nothing,
    secrets_without_a_role,
    size_turned_upside_down,
    size_upside_down,
    slow_start_by_another_algorithm,
    too_many_containers,
    too_many_ignored_exit_codes,
)
from tests.demo.moto_patches.refused_vpc import (
    balancer_moved_into_one_zone,
    balancer_moved_to_another_vpc,
    balancer_with_a_group_of_another_vpc,
    listener_to_another_vpc,
    listener_turned_to_another_vpc,
)

Call = Callable[[], Any]
Scenario = Callable[[Client], Call]

WEB = [{**TASK[0], "portMappings": [{"containerPort": 80, "hostPort": 0}]}]
ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
OF_CLOUDFRONT = 55
"""Rules as which the prefix list of CloudFront counts."""
MOST_RULES = 60
"""Inbound rules of a security group, by quota."""


def _vpc(client: Client) -> str:
    return str(client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"])


def _security_group(client: Client, name: str) -> str:
    made = client("ec2").create_security_group(GroupName=name, Description="-", VpcId=_vpc(client))
    return str(made["GroupId"])


def _rule(port: int, **peer: Any) -> list[dict[str, Any]]:
    peers = peer or {"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peers}]


def _service_name(client: Client, service_name: str) -> str:
    return f"com.amazonaws.{client('ec2').meta.region_name}.{service_name}"


def _delete_group(client: Client, group: str) -> Call:
    return lambda: client("ec2").delete_security_group(GroupId=group)


def group_of_an_instance(client: Client) -> Call:
    group = _security_group(client, "of-an-instance")
    subnet = subnets(client)[0]["SubnetId"]
    client("ec2").run_instances(
        ImageId=IMAGE, SubnetId=subnet, SecurityGroupIds=[group], MinCount=1, MaxCount=1
    )
    return _delete_group(client, group)


def group_of_an_interface(client: Client) -> Call:
    group = _security_group(client, "of-an-interface")
    subnet = subnets(client)[0]["SubnetId"]
    client("ec2").create_network_interface(SubnetId=subnet, Groups=[group])
    return _delete_group(client, group)


def group_of_a_balancer(client: Client) -> Call:
    group = _security_group(client, "of-a-balancer")
    _balancer(client, "of-a-group", SecurityGroups=[group])
    return _delete_group(client, group)


def group_of_an_endpoint(client: Client) -> Call:
    group = _security_group(client, "of-an-endpoint")
    client("ec2").create_vpc_endpoint(
        VpcId=_vpc(client),
        ServiceName=_service_name(client, "logs"),
        VpcEndpointType="Interface",
        SecurityGroupIds=[group],
    )
    return _delete_group(client, group)


def group_of_a_rule(client: Client) -> Call:
    group, other = _security_group(client, "named"), _security_group(client, "naming")
    client("ec2").authorize_security_group_ingress(
        GroupId=other, IpPermissions=_rule(80, UserIdGroupPairs=[{"GroupId": group}])
    )
    return _delete_group(client, group)


def group_name_taken(client: Client) -> Call:
    _security_group(client, "taken")
    return lambda: _security_group(client, "taken")


def rule_again(client: Client) -> Call:
    group = _security_group(client, "again")

    def authorize() -> None:
        client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=_rule(443))

    authorize()
    return authorize


def rule_with_another_description(client: Client) -> Call:
    group = _security_group(client, "described")

    def authorize(words: str) -> None:
        pair = {"GroupId": group, "Description": words}
        client("ec2").authorize_security_group_ingress(
            GroupId=group, IpPermissions=_rule(80, UserIdGroupPairs=[pair])
        )

    authorize("one")
    return lambda: authorize("another")


def rule_changed_into_another(client: Client) -> Call:
    ec2, group = client("ec2"), _security_group(client, "changed")
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=_rule(443))
    (first,) = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=_rule(80))[
        "SecurityGroupRules"
    ]
    wanted = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8"}
    change = {"SecurityGroupRuleId": first["SecurityGroupRuleId"], "SecurityGroupRule": wanted}
    return lambda: ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[change])


def too_many_rules(client: Client) -> Call:
    ec2, group = client("ec2"), _security_group(client, "full")
    ranges = [{"CidrIp": f"10.{n}.0.0/16"} for n in range(MOST_RULES)]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=_rule(80, IpRanges=ranges))
    return lambda: ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=_rule(443))


def too_many_entries(client: Client) -> Call:
    ec2, group = client("ec2"), _security_group(client, "listed")
    name = "com.amazonaws.global.cloudfront.origin-facing"
    filters = [{"Name": "prefix-list-name", "Values": [name]}]
    (listed,) = ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    ranges = [{"CidrIp": f"10.{n}.0.0/16"} for n in range(MOST_RULES - OF_CLOUDFRONT + 1)]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=_rule(80, IpRanges=ranges))
    lists = [{"PrefixListId": listed["PrefixListId"]}]
    rule = _rule(80, IpRanges=[], PrefixListIds=lists)
    return lambda: ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)


def template_name_taken(client: Client) -> Call:
    def create() -> None:
        client("ec2").create_launch_template(
            LaunchTemplateName="template-taken", LaunchTemplateData={"ImageId": IMAGE}
        )

    create()
    return create


def _endpoint(client: Client, service_name: str, **more: Any) -> Call:
    def create() -> None:
        client("ec2").create_vpc_endpoint(
            VpcId=_vpc(client), ServiceName=_service_name(client, service_name), **more
        )

    create()
    return create


def endpoint_with_a_taken_name(client: Client) -> Call:
    return _endpoint(client, "sqs", VpcEndpointType="Interface", PrivateDnsEnabled=True)


def endpoint_with_a_taken_route(client: Client) -> Call:
    tables = client("ec2").describe_route_tables()["RouteTables"]
    table = client("ec2").create_route_table(VpcId=tables[0]["VpcId"])["RouteTable"]
    return _endpoint(
        client, "dynamodb", VpcEndpointType="Gateway", RouteTableIds=[table["RouteTableId"]]
    )


def _balancer(client: Client, name: str, **more: Any) -> str:
    places = [subnet["SubnetId"] for subnet in subnets(client)[:2]]
    made = client("elbv2").create_load_balancer(
        Name=name, Type="application", **{"Scheme": "internal", "Subnets": places, **more}
    )
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def _listener(client: Client, balancer: str, port: int, target: str = "") -> str:
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": str(200 + port % 9)}}
    made = client("elbv2").create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=port,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target} if target else answer],
    )
    return str(made["Listeners"][0]["ListenerArn"])


def protected_balancer(client: Client) -> Call:
    balancer = _balancer(client, "protected")
    protection = {"Key": "deletion_protection.enabled", "Value": "true"}
    client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=balancer, Attributes=[protection]
    )
    return lambda: client("elbv2").delete_load_balancer(LoadBalancerArn=balancer)


def listener_twice(client: Client) -> Call:
    balancer, target = _balancer(client, "twice"), target_group(client, "twice")[1]
    _listener(client, balancer, 80)
    return lambda: _listener(client, balancer, 80, target)


def listener_onto_another(client: Client) -> Call:
    balancer = _balancer(client, "onto")
    listener = _listener(client, balancer, 80)
    _listener(client, balancer, 443)
    return lambda: client("elbv2").modify_listener(ListenerArn=listener, Port=443)


def target_group_of_a_listener(client: Client) -> Call:
    balancing, target = target_group(client, "listened")
    _listener(client, _balancer(client, "listened"), 80, target)
    return lambda: balancing.delete_target_group(TargetGroupArn=target)


def target_group_name_taken(client: Client) -> Call:
    target_group(client, "target-taken")

    def create() -> None:
        client("elbv2").create_target_group(
            Name="target-taken", Protocol="HTTP", Port=81, VpcId=_vpc(client)
        )

    return create


def balancer_name_taken(client: Client) -> Call:
    _balancer(client, "balancer-taken")
    return lambda: _balancer(client, "balancer-taken", Scheme="internet-facing")


def balancer_twice_in_a_zone(client: Client) -> Call:
    ec2, first = client("ec2"), subnets(client)[0]
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    places = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.77.{n}.0/24", AvailabilityZone=first["AvailabilityZone"]
        )["Subnet"]["SubnetId"]
        for n in range(2)
    ]
    return lambda: _balancer(client, "crowded", Subnets=places)


def balancer_in_one_zone(client: Client) -> Call:
    return lambda: _balancer(client, "lonely", Subnets=[subnets(client)[0]["SubnetId"]])


def _role(client: Client, name: str) -> Call:
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    return lambda: client("iam").delete_role(RoleName=name)


def role_of_a_profile(client: Client) -> Call:
    delete, iam = _role(client, "profiled"), client("iam")
    iam.create_instance_profile(InstanceProfileName="profiled")
    iam.add_role_to_instance_profile(InstanceProfileName="profiled", RoleName="profiled")
    return delete


def role_with_a_policy(client: Client) -> Call:
    delete, iam = _role(client, "allowed"), client("iam")
    iam.attach_role_policy(RoleName="allowed", PolicyArn=_policy(client, "of-a-role"))
    return delete


def role_with_an_inline_policy(client: Client) -> Call:
    delete = _role(client, "inlined")
    client("iam").put_role_policy(
        RoleName="inlined", PolicyName="inline", PolicyDocument=json.dumps(ANYTHING)
    )
    return delete


def inline_policies_beyond_the_limit(client: Client) -> Call:
    _role(client, "wordy")
    for number in range(2):
        many = [f"arn:aws:s3:::models-of-a-team-{place:04}/*" for place in range(130)]
        document = {**ANYTHING, "Statement": [{**ANYTHING["Statement"][0], "Resource": many}]}  # type: ignore[dict-item]
        text = json.dumps(document, indent=4)
        call = partial(
            client("iam").put_role_policy,
            RoleName="wordy",
            PolicyName=f"part-{number}",
            PolicyDocument=text,
        )
        if not number:
            call()
    return call


def large_task_definition(client: Client) -> Call:
    def register(length: int) -> Any:
        environment = [{"name": "PROMPT", "value": "é" * (length // 2)}]
        return client("ecs").register_task_definition(
            family="large", containerDefinitions=[{**TASK[0], "environment": environment}]
        )

    register(60_000)
    return lambda: register(66_000)


def _policy(client: Client, name: str) -> str:
    made = client("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(ANYTHING))
    return str(made["Policy"]["Arn"])


ABSENT_POLICY = "arn:aws:iam::123456789012:policy/absent"


def role_with_an_absent_boundary(client: Client) -> Call:
    return partial(
        client("iam").create_role,
        RoleName="bounded",
        AssumeRolePolicyDocument="{}",
        PermissionsBoundary=ABSENT_POLICY,
    )


def role_turned_to_an_absent_boundary(client: Client) -> Call:
    _role(client, "unbounded")
    return partial(
        client("iam").put_role_permissions_boundary,
        RoleName="unbounded",
        PermissionsBoundary=ABSENT_POLICY,
    )


def policy_of_a_role(client: Client) -> Call:
    _role(client, "attached")
    arn = _policy(client, "attached")
    client("iam").attach_role_policy(RoleName="attached", PolicyArn=arn)
    return lambda: client("iam").delete_policy(PolicyArn=arn)


def profile_with_a_role(client: Client) -> Call:
    role_of_a_profile_named(client, "held")
    return lambda: client("iam").delete_instance_profile(InstanceProfileName="held")


def role_of_a_profile_named(client: Client, name: str) -> None:
    _role(client, name)
    client("iam").create_instance_profile(InstanceProfileName=name)
    client("iam").add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)


def second_role_of_a_profile(client: Client) -> Call:
    role_of_a_profile_named(client, "single")
    _role(client, "second")
    return lambda: client("iam").add_role_to_instance_profile(
        InstanceProfileName="single", RoleName="second"
    )


def scaling_group_with_instances(client: Client) -> Call:
    scaling = scaling_group(client, "peopled", DesiredCapacity=1)
    return lambda: scaling.delete_auto_scaling_group(AutoScalingGroupName="peopled")


def scaling_group_name_taken(client: Client) -> Call:
    scaling = scaling_group(client, "group-taken")

    def create() -> None:
        scaling.create_auto_scaling_group(
            AutoScalingGroupName="group-taken",
            LaunchTemplate={"LaunchTemplateName": "group-taken"},
            VPCZoneIdentifier=subnets(client)[0]["SubnetId"],
            MinSize=0,
            MaxSize=1,
        )

    return create


def cluster_with_a_service(client: Client) -> Call:
    service(client, "served")
    return lambda: client("ecs").delete_cluster(cluster="served")


def cluster_with_an_instance(client: Client) -> Call:
    client("ecs").create_cluster(clusterName="manned")
    subnet = subnets(client)[0]["SubnetId"]
    started = client("ec2").run_instances(ImageId=IMAGE, SubnetId=subnet, MinCount=1, MaxCount=1)
    client("ecs").register_container_instance(
        cluster="manned",
        instanceIdentityDocument=json.dumps({"instanceId": started["Instances"][0]["InstanceId"]}),
    )
    return lambda: client("ecs").delete_cluster(cluster="manned")


def _strategy(name: str) -> list[dict[str, Any]]:
    return [{"capacityProvider": name, "weight": 1}]


def provider_of_a_service(client: Client) -> Call:
    cluster_with_provider(client, "working")
    service(client, "working", capacityProviderStrategy=_strategy("working"))
    return lambda: client("ecs").put_cluster_capacity_providers(
        cluster="working", capacityProviders=[], defaultCapacityProviderStrategy=[]
    )


def provider_of_a_cluster(client: Client) -> Call:
    cluster_with_provider(client, "lent")
    return lambda: client("ecs").delete_capacity_provider(capacityProvider="lent")


def _provider(client: Client, name: str, group: str, **more: str) -> Call:
    arn = described(client("autoscaling"), group)["AutoScalingGroupARN"]
    details = {"autoScalingGroupArn": arn, **more}
    return lambda: client("ecs").create_capacity_provider(
        name=name, autoScalingGroupProvider=details
    )


def provider_name_taken(client: Client) -> Call:
    scaling_group(client, "named-first")
    scaling_group(client, "named-second")
    _provider(client, "provider-taken", "named-first")()
    return _provider(client, "provider-taken", "named-second")


def provider_of_a_taken_group(client: Client) -> Call:
    scaling_group(client, "shared")
    _provider(client, "shared-first", "shared")()
    return _provider(client, "shared-second", "shared")


def provider_of_an_unprotected_group(client: Client) -> Call:
    scaling_group(client, "open")
    return _provider(client, "open", "open", managedTerminationProtection="ENABLED")


def service_again(client: Client) -> Call:
    service(client, "twice")
    return lambda: service(client, "twice")


def service_with_a_foreign_provider(client: Client) -> Call:
    return lambda: service(client, "foreign", capacityProviderStrategy=_strategy("elsewhere"))


def service_set_to_a_foreign_provider(client: Client) -> Call:
    service(client, "estranged")
    return lambda: client("ecs").update_service(
        cluster="estranged",
        service="estranged",
        capacityProviderStrategy=_strategy("elsewhere"),
    )


def service_of_a_group_without_listener(client: Client) -> Call:
    _, target = target_group(client, "unheard-of")
    return lambda: service(client, "unheard-of", loadBalancers=[_to(target)])


def _to(target: str, **more: Any) -> dict[str, Any]:
    return {"targetGroupArn": target, "containerName": "app", "containerPort": 80, **more}


def _balanced(client: Client, name: str, *, kind: str = "instance", mode: str = "bridge") -> str:
    """Make a cluster, a task definition and a target group that a listener has."""
    made = client("elbv2").create_target_group(
        Name=name, Protocol="HTTP", Port=80, VpcId=_vpc(client), TargetType=kind
    )
    target = str(made["TargetGroups"][0]["TargetGroupArn"])
    _listener(client, _balancer(client, name), 80, target)
    port = {"containerPort": 80, **({} if mode == "awsvpc" else {"hostPort": 0})}
    client("ecs").create_cluster(clusterName=name)
    client("ecs").register_task_definition(
        family=name, networkMode=mode, containerDefinitions=[{**TASK[0], "portMappings": [port]}]
    )
    return target


def _create(client: Client, name: str, target: str, **more: Any) -> Call:
    return lambda: client("ecs").create_service(
        cluster=name,
        serviceName=name,
        taskDefinition=name,
        desiredCount=0,
        **{"loadBalancers": [_to(target)], **more},
    )


def service_of_a_missing_container(client: Client) -> Call:
    target = _balanced(client, "no-container")
    elsewhere = [_to(target, containerName="web")]
    return _create(client, "no-container", target, loadBalancers=elsewhere)


def service_of_a_missing_port(client: Client) -> Call:
    target = _balanced(client, "no-port")
    _create(client, "no-port", target)()
    return lambda: client("ecs").update_service(
        cluster="no-port", service="no-port", loadBalancers=[_to(target, containerPort=81)]
    )


def service_set_to_another_container(client: Client) -> Call:
    target = _balanced(client, "renamed")
    _create(client, "renamed", target)()
    renamed = [{**WEB[0], "name": "web"}]
    client("ecs").register_task_definition(family="renamed", containerDefinitions=renamed)
    return lambda: client("ecs").update_service(
        cluster="renamed", service="renamed", taskDefinition="renamed:2"
    )


def service_without_its_network(client: Client) -> Call:
    return _create(client, "no-network", _balanced(client, "no-network", kind="ip", mode="awsvpc"))


def service_with_a_useless_network(client: Client) -> Call:
    target = _balanced(client, "networked")
    places = {
        "subnets": [subnets(client)[0]["SubnetId"]],
        "securityGroups": [_security_group(client, "networked")],
    }
    network = {"awsvpcConfiguration": places}
    return _create(client, "networked", target, networkConfiguration=network)


def service_with_a_wrong_target_type(client: Client) -> Call:
    return _create(client, "mistyped", _balanced(client, "mistyped", kind="ip"))


def service_of_an_inactive_revision(client: Client) -> Call:
    ecs = client("ecs")
    ecs.create_cluster(clusterName="gone")
    ecs.register_task_definition(family="gone", containerDefinitions=TASK)
    ecs.deregister_task_definition(taskDefinition="gone:1")
    return lambda: ecs.create_service(
        cluster="gone", serviceName="gone", taskDefinition="gone:1", desiredCount=0
    )


def service_set_to_an_inactive_revision(client: Client) -> Call:
    ecs = client("ecs")
    service(client, "rolled-back")
    ecs.register_task_definition(family="rolled-back", containerDefinitions=TASK)
    ecs.deregister_task_definition(taskDefinition="rolled-back:1")
    return lambda: ecs.update_service(
        cluster="rolled-back", service="rolled-back", taskDefinition="rolled-back:1"
    )


def unknown_deployment(client: Client) -> Call:
    arn = "arn:aws:ecs:ap-southeast-2:123456789012:service-deployment/none/none/none"
    return lambda: client("ecs").stop_service_deployment(serviceDeploymentArn=arn)


def too_many_deployments(client: Client) -> Call:
    arn = "arn:aws:ecs:ap-southeast-2:123456789012:service-deployment/none/none/none"
    return lambda: client("ecs").describe_service_deployments(serviceDeploymentArns=[arn] * 21)


def deployment_without_an_earlier_one(client: Client) -> Call:
    return lambda: _stop_latest(client, _under_way(client, "first"))


def deployment_aborted(client: Client) -> Call:
    return lambda: _stop_latest(client, _under_way(client, "aborted"), stopType="ABORT")


def deployment_stopped_twice(client: Client) -> Call:
    ecs, name = client("ecs"), _under_way(client, "twice-stopped")
    ecs.delete_service(cluster=name, service=name, force=True)
    return lambda: _stop_latest(client, name)


def _under_way(client: Client, name: str) -> str:
    """Make a service whose task has no instance, so that its deployment never ends."""
    service(client, name, desiredCount=1)
    return name


def _stop_latest(client: Client, name: str, **settings: str) -> None:
    ecs = client("ecs")
    found = ecs.list_service_deployments(cluster=name, service=name)["serviceDeployments"]
    arn = found[0]["serviceDeploymentArn"]
    ecs.stop_service_deployment(serviceDeploymentArn=arn, **settings)


def shell_in_no_task(client: Client) -> Call:
    client("ecs").create_cluster(clusterName="shellless")
    return lambda: client("ecs").execute_command(
        cluster="shellless", task="none", command="sh", interactive=True
    )


def shell_in_a_task(client: Client) -> Call:
    service(client, "shell", desiredCount=1, enableExecuteCommand=True)
    ecs, deadline = client("ecs"), time.monotonic() + 30
    while not (tasks := ecs.list_tasks(cluster="shell")["taskArns"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return lambda: ecs.execute_command(
        cluster="shell", task=tasks[0], command="sh", interactive=True
    )


def session_on_an_instance(client: Client) -> Call:
    return lambda: client("ssm").start_session(Target="i-0123456789abcdef0")


def information_about_an_instance(client: Client) -> Call:
    return lambda: client("ssm").describe_instance_information()


def service_in_an_inactive_cluster(client: Client) -> Call:
    ecs = client("ecs")
    ecs.create_cluster(clusterName="deleted")
    ecs.register_task_definition(family="deleted", containerDefinitions=TASK)
    ecs.delete_cluster(cluster="deleted")
    return lambda: ecs.create_service(
        cluster="deleted", serviceName="deleted", taskDefinition="deleted", desiredCount=0
    )


def service_above_zero(client: Client) -> Call:
    service(client, "wanted", desiredCount=1)
    return lambda: client("ecs").delete_service(cluster="wanted", service="wanted")


def log_group_name_taken(client: Client) -> Call:
    def create() -> None:
        client("logs").create_log_group(logGroupName="/log-taken")

    create()
    return create


REFUSALS: dict[tuple[str, str], tuple[Scenario, ...]] = {
    ("ec2:DeleteSecurityGroup", "DependencyViolation"): (
        group_of_an_instance,
        group_of_an_interface,
        group_of_a_balancer,
        group_of_an_endpoint,
        group_of_a_rule,
    ),
    ("ec2:CreateSecurityGroup", "InvalidGroup.Duplicate"): (group_name_taken,),
    ("ec2:AuthorizeSecurityGroupIngress", "InvalidPermission.Duplicate"): (
        rule_again,
        rule_with_another_description,
    ),
    ("ec2:ModifySecurityGroupRules", "InvalidPermission.Duplicate"): (rule_changed_into_another,),
    ("ec2:AuthorizeSecurityGroupIngress", "RulesPerSecurityGroupLimitExceeded"): (
        too_many_rules,
        too_many_entries,
    ),
    ("ec2:CreateLaunchTemplate", "InvalidLaunchTemplateName.AlreadyExistsException"): (
        template_name_taken,
    ),
    ("ec2:CreateVpcEndpoint", "InvalidParameter"): (endpoint_with_a_taken_name,),
    ("ec2:CreateVpcEndpoint", "RouteAlreadyExists"): (endpoint_with_a_taken_route,),
    ("elasticloadbalancing:DeleteLoadBalancer", "OperationNotPermitted"): (protected_balancer,),
    ("elasticloadbalancing:CreateListener", "DuplicateListener"): (listener_twice,),
    ("elasticloadbalancing:ModifyListener", "ValidationError"): (listener_onto_another,),
    ("elasticloadbalancing:DeleteTargetGroup", "ResourceInUse"): (target_group_of_a_listener,),
    ("elasticloadbalancing:CreateTargetGroup", "DuplicateTargetGroupName"): (
        target_group_name_taken,
    ),
    ("elasticloadbalancing:CreateLoadBalancer", "DuplicateLoadBalancerName"): (
        balancer_name_taken,
    ),
    ("elasticloadbalancing:CreateLoadBalancer", "InvalidConfigurationRequest"): (
        balancer_twice_in_a_zone,
    ),
    ("elasticloadbalancing:CreateLoadBalancer", "ValidationError"): (balancer_in_one_zone,),
    ("elasticloadbalancing:SetSubnets", "InvalidConfigurationRequest"): (
        balancer_moved_to_another_vpc,
        balancer_moved_into_one_zone,
    ),
    ("elasticloadbalancing:SetSecurityGroups", "InvalidConfigurationRequest"): (
        balancer_with_a_group_of_another_vpc,
    ),
    ("elasticloadbalancing:CreateListener", "InvalidConfigurationRequest"): (
        listener_to_another_vpc,
    ),
    ("elasticloadbalancing:ModifyListener", "InvalidConfigurationRequest"): (
        listener_turned_to_another_vpc,
        listener_turned_to_https,
    ),
    ("elasticloadbalancing:CreateListener", "ValidationError"): (listener_without_certificate,),
    ("elasticloadbalancing:CreateListener", "SSLPolicyNotFound"): (listener_of_an_unknown_policy,),
    ("elasticloadbalancing:ModifyListener", "SSLPolicyNotFound"): (
        listener_turned_to_an_unknown_policy,
    ),
    ("elasticloadbalancing:CreateTargetGroup", "ValidationError"): (group_with_a_short_interval,),
    ("elasticloadbalancing:ModifyTargetGroup", "ValidationError"): (
        group_turned_to_a_long_timeout,
        group_turned_to_a_short_interval,
    ),
    ("elasticloadbalancing:ModifyLoadBalancerAttributes", "InvalidConfigurationRequest"): (
        logs_to_a_missing_bucket,
        logs_to_a_bucket_with_a_kms_key,
        logs_to_a_bucket_without_a_policy,
        logs_to_another_prefix,
        logs_to_another_region,
    ),
    ("elasticloadbalancing:ModifyTargetGroupAttributes", "InvalidConfigurationRequest"): (
        slow_start_by_another_algorithm,
    ),
    ("iam:DeleteRole", "DeleteConflict"): (
        role_of_a_profile,
        role_with_a_policy,
        role_with_an_inline_policy,
    ),
    ("iam:CreateRole", "NoSuchEntity"): (role_with_an_absent_boundary,),
    ("iam:PutRolePermissionsBoundary", "NoSuchEntity"): (role_turned_to_an_absent_boundary,),
    ("iam:DeletePolicy", "DeleteConflict"): (policy_of_a_role,),
    ("iam:PutRolePolicy", "LimitExceeded"): (inline_policies_beyond_the_limit,),
    ("ecs:RegisterTaskDefinition", "ClientException"): (
        large_task_definition,
        container_above_its_task,
        reservations_above_their_task,
        reservation_above_memory,
        secrets_without_a_role,
        credentials_without_a_role,
        health_check_too_often,
        health_check_that_starts_late,
        health_check_without_a_form,
        restarts_too_often,
        too_many_ignored_exit_codes,
        container_that_waits_for_an_essential_one,
        container_that_waits_for_no_other,
        too_many_containers,
    ),
    ("iam:DeleteInstanceProfile", "DeleteConflict"): (profile_with_a_role,),
    ("iam:AddRoleToInstanceProfile", "LimitExceeded"): (second_role_of_a_profile,),
    ("autoscaling:DeleteAutoScalingGroup", "ResourceInUse"): (scaling_group_with_instances,),
    ("application-autoscaling:RegisterScalableTarget", "ValidationException"): (
        limits_upside_down,
        limits_turned_upside_down,
        target_without_a_maximum,
    ),
    ("application-autoscaling:PutScheduledAction", "ValidationException"): (
        action_of_no_schedule,
        action_of_no_time_zone,
        action_with_limits_upside_down,
    ),
    ("application-autoscaling:PutScheduledAction", "ObjectNotFoundException"): (
        action_without_a_target,
    ),
    ("application-autoscaling:PutScalingPolicy", "ValidationException"): (
        policy_of_no_load_balancer,
        policy_of_an_unknown_load_balancer,
        policy_of_the_same_metric,
    ),
    ("application-autoscaling:PutScalingPolicy", "ObjectNotFoundException"): (
        policy_without_a_target,
    ),
    ("autoscaling:CreateAutoScalingGroup", "AlreadyExists"): (scaling_group_name_taken,),
    ("autoscaling:CreateAutoScalingGroup", "ValidationError"): (
        size_upside_down,
        desired_above_the_size,
        desired_below_the_size,
    ),
    ("autoscaling:CreateAutoScalingGroup", "InvalidQueryParameter"): (policy_with_a_spot_template,),
    ("autoscaling:UpdateAutoScalingGroup", "InvalidQueryParameter"): (
        policy_given_a_spot_template,
    ),
    ("autoscaling:StartInstanceRefresh", "ValidationError"): (
        rollback_to_nothing,
        checkpoints_upside_down,
    ),
    ("autoscaling:UpdateAutoScalingGroup", "ValidationError"): (
        size_turned_upside_down,
        maximum_turned_below_the_minimum,
        desired_set_above_the_size,
    ),
    ("autoscaling:SetDesiredCapacity", "ValidationError"): (
        capacity_above_the_size,
        capacity_below_the_size,
    ),
    ("autoscaling:TerminateInstanceInAutoScalingGroup", "ValidationError"): (
        instance_below_the_size,
        instance_of_no_group,
    ),
    ("ecs:DeleteCluster", "ClusterContainsServicesException"): (cluster_with_a_service,),
    ("ecs:DeleteCluster", "ClusterContainsContainerInstancesException"): (
        cluster_with_an_instance,
    ),
    ("ecs:PutClusterCapacityProviders", "ResourceInUseException"): (provider_of_a_service,),
    ("ecs:DeleteCapacityProvider", "ResourceInUseException"): (provider_of_a_cluster,),
    ("ecs:CreateCapacityProvider", "ClientException"): (
        provider_name_taken,
        provider_of_a_taken_group,
        provider_of_an_unprotected_group,
        provider_of_an_unprotected_name,
    ),
    ("ecs:UpdateCapacityProvider", "ClientException"): (provider_turned_to_protection,),
    ("ecs:CreateService", "InvalidParameterException"): (
        service_again,
        service_with_a_foreign_provider,
        service_of_a_group_without_listener,
        service_of_a_missing_container,
        service_without_its_network,
        service_with_a_useless_network,
        service_with_a_wrong_target_type,
    ),
    ("ecs:UpdateService", "InvalidParameterException"): (
        service_set_to_a_foreign_provider,
        service_of_a_missing_port,
        service_set_to_another_container,
    ),
    ("ecs:CreateService", "ClientException"): (service_of_an_inactive_revision,),
    ("ecs:UpdateService", "ClientException"): (service_set_to_an_inactive_revision,),
    ("ecs:CreateService", "ClusterNotFoundException"): (service_in_an_inactive_cluster,),
    ("ecs:DeleteService", "InvalidParameterException"): (service_above_zero,),
    ("ecs:StopServiceDeployment", "ServiceDeploymentNotFoundException"): (unknown_deployment,),
    ("ecs:StopServiceDeployment", "ClientException"): (deployment_without_an_earlier_one,),
    ("ecs:StopServiceDeployment", "ConflictException"): (deployment_stopped_twice,),
    ("ecs:StopServiceDeployment", "UnsupportedFeatureException"): (deployment_aborted,),
    ("ecs:DescribeServiceDeployments", "InvalidParameterException"): (too_many_deployments,),
    ("ecs:ExecuteCommand", "InvalidParameterException"): (shell_in_no_task,),
    ("ecs:ExecuteCommand", "ClientException"): (shell_in_a_task,),
    ("ssm:StartSession", "TargetNotConnected"): (session_on_an_instance,),
    ("ssm:DescribeInstanceInformation", "InvalidInstanceId"): (information_about_an_instance,),
    ("logs:CreateLogGroup", "ResourceAlreadyExistsException"): (log_group_name_taken,),
    ("logs:CreateLogGroup", "AccessDeniedException"): (log_group_with_an_absent_key,),
    ("logs:AssociateKmsKey", "AccessDeniedException"): (log_group_with_a_closed_key,),
    ("logs:PutRetentionPolicy", "InvalidParameterException"): (odd_retention,),
}
"""(IAM action, error code) → the scenarios in which the account answers so."""

CLOSED_GAPS: dict[str, tuple[Scenario, ...]] = {
    "group_in_use": (
        group_of_an_instance,
        group_of_an_interface,
        group_of_a_balancer,
        group_of_an_endpoint,
        group_of_a_rule,
    ),
    "rule_meaning": (rule_with_another_description,),
    "rule_twice": (rule_changed_into_another,),
    "rules_of_prefix_lists": (too_many_entries,),
    "protected_balancer": (protected_balancer,),
    "listener_twice": (listener_twice,),
    "listener_onto_another": (listener_onto_another,),
    "balancer_zones": (balancer_twice_in_a_zone, balancer_in_one_zone),
    "subnets_of_another_vpc": (balancer_moved_to_another_vpc,),
    "groups_of_another_vpc": (balancer_with_a_group_of_another_vpc,),
    "targets_of_another_vpc": (listener_to_another_vpc, listener_turned_to_another_vpc),
    "balancer_again": (balancer_name_taken,),
    "missing_boundaries": (role_with_an_absent_boundary, role_turned_to_an_absent_boundary),
    "policy_in_use": (policy_of_a_role,),
    "group_again": (scaling_group_name_taken,),
    "limits_of_a_target": (
        limits_upside_down,
        limits_turned_upside_down,
        target_without_a_maximum,
    ),
    "actions_of_a_target": (
        action_of_no_schedule,
        action_of_no_time_zone,
        action_with_limits_upside_down,
        action_without_a_target,
    ),
    "policies_of_a_target": (
        policy_without_a_target,
        policy_of_no_load_balancer,
        policy_of_an_unknown_load_balancer,
        policy_of_the_same_metric,
    ),
    "service_again": (service_again,),
    "service_of_an_inactive_cluster": (service_in_an_inactive_cluster,),
    "inactive_revision": (service_of_an_inactive_revision, service_set_to_an_inactive_revision),
    "container_of_a_service": (
        service_of_a_missing_container,
        service_of_a_missing_port,
        service_set_to_another_container,
    ),
    "network_of_a_service": (
        service_without_its_network,
        service_with_a_useless_network,
        service_with_a_wrong_target_type,
    ),
    "long_inline_policies": (inline_policies_beyond_the_limit,),
    "large_task_definition": (large_task_definition,),
    "memory_of_a_task": (container_above_its_task, reservations_above_their_task),
    "reservation_above_memory": (reservation_above_memory,),
    "secrets_without_a_role": (secrets_without_a_role, credentials_without_a_role),
    "order_of_containers": (
        container_that_waits_for_an_essential_one,
        container_that_waits_for_no_other,
        too_many_containers,
    ),
    "options_of_a_container": (
        health_check_too_often,
        health_check_that_starts_late,
        health_check_without_a_form,
        restarts_too_often,
        too_many_ignored_exit_codes,
    ),
    "spot_template_in_a_policy": (policy_with_a_spot_template, policy_given_a_spot_template),
    "size_of_a_group": (
        size_upside_down,
        desired_above_the_size,
        desired_below_the_size,
        size_turned_upside_down,
        maximum_turned_below_the_minimum,
        desired_set_above_the_size,
    ),
    "capacity_outside_the_size": (capacity_above_the_size, capacity_below_the_size),
    "instance_to_terminate": (instance_below_the_size,),
    "listener_without_certificate": (listener_without_certificate,),
    "unknown_ssl_policy": (listener_of_an_unknown_policy,),
    "health_check_timeout": (
        group_with_a_short_interval,
        group_turned_to_a_long_timeout,
        group_turned_to_a_short_interval,
    ),
    "slow_start_with_another_algorithm": (slow_start_by_another_algorithm,),
    "bucket_of_access_logs": (
        logs_to_a_missing_bucket,
        logs_to_a_bucket_with_a_kms_key,
        logs_to_a_bucket_without_a_policy,
        logs_to_another_prefix,
        logs_to_another_region,
    ),
    "odd_retention": (odd_retention,),
    "key_of_logs": (log_group_with_an_absent_key,),
}
"""Function of gpuecs_tui/demo → the scenarios that moto as it comes accepts."""
