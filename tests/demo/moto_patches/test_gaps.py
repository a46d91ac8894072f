"""Every gap shows on moto as it comes and not on the demo account.

``mock_aws`` is moto unpatched, in this process; ``demo_account`` is a process of its own with all
gaps closed. Where ``test_moto_still_has_it`` fails, moto has closed the gap: delete the function.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from time import time as clock
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.loaders import JSONFileLoader
from moto import mock_aws

from gpuecs_tui.demo import account
from gpuecs_tui.demo.moto_patches import install
from tests.demo.moto_patches.made import (
    IMAGE,
    TASK,
    Client,
    clients_of,
    cluster_with_provider,
    described,
    mixed_group,
    policy,
    scaling_group,
    service,
    subnets,
    target_group,
)
from tests.demo.moto_patches.refused import CLOSED_GAPS


@pytest.fixture(scope="module", autouse=True)
def models_read_once() -> Iterator[None]:
    """Each mock begins with a session of its own, which would read the models of AWS's services."""
    read = cache(JSONFileLoader().load_file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _loader, path: read(path))
        yield


@pytest.fixture
def unpatched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        make: Any = boto3.client
        yield cache(lambda service: make(service, region_name="us-west-2"))


@pytest.fixture(scope="module")
def closed(demo_account: account.DemoAccount) -> Client:
    # Another region than the seed's, and a name of its own for each test's things.
    return clients_of(demo_account, "us-west-2")


def _with_service(client: Client, name: str) -> Any:
    cluster_with_provider(client, name)
    strategy = [{"capacityProvider": name, "weight": 1}]
    client("ecs").register_task_definition(family=name, containerDefinitions=TASK)
    client("ecs").create_service(
        cluster=name,
        serviceName=name,
        taskDefinition=name,
        desiredCount=0,
        capacityProviderStrategy=strategy,
    )
    return client("ecs")


def _passes(call: Callable[[], Any], refusal: str) -> bool:
    try:
        call()
    except ClientError as error:
        assert refusal in str(error)
        return False
    return True


def cluster_in_use(client: Client) -> bool:
    ecs = _with_service(client, "used")
    return _passes(lambda: ecs.delete_cluster(cluster="used"), "ClusterContainsServices")


def provider_of_a_service(client: Client) -> bool:
    ecs = _with_service(client, "worked")

    def give_up() -> None:
        ecs.put_cluster_capacity_providers(
            cluster="worked", capacityProviders=[], defaultCapacityProviderStrategy=[]
        )

    return _passes(give_up, "ResourceInUseException")


def provider_of_a_cluster(client: Client) -> bool:
    ecs = client("ecs")
    cluster_with_provider(client, "owned")
    return _passes(
        lambda: ecs.delete_capacity_provider(capacityProvider="owned"), "ResourceInUseException"
    )


def provider_of_a_group(client: Client) -> bool:
    scaling, ecs = scaling_group(client, "bare"), client("ecs")
    details = {"autoScalingGroupArn": described(scaling, "bare")["AutoScalingGroupARN"]}

    def create(name: str, **more: str) -> None:
        ecs.create_capacity_provider(name=name, autoScalingGroupProvider={**details, **more})

    bare = _passes(
        lambda: create("first", managedTerminationProtection="ENABLED"), "instance protection"
    )
    if not bare:
        create("first")
    return bare or _passes(lambda: create("second"), "already being used")


def service_before_its_parts(client: Client) -> bool:
    strategy = [{"capacityProvider": "nowhere", "weight": 1}]
    early = _passes(
        lambda: service(client, "early", capacityProviderStrategy=strategy),
        "not associated with the cluster",
    )
    _, arn = target_group(client, "unheard")
    balancers = [{"targetGroupArn": arn, "containerName": "app", "containerPort": 80}]
    unheard = _passes(
        lambda: service(client, "unheard", loadBalancers=balancers),
        "does not have an associated load balancer",
    )
    return early or unheard


def service_network(client: Client) -> bool:
    answer = service(client, "network")
    return answer.get("networkConfiguration") == {} or any(
        d.get("networkConfiguration") == {} for d in answer["deployments"]
    )


def service_network_left(client: Client) -> bool:
    ecs = client("ecs")
    ecs.create_cluster(clusterName="left")
    for family, mode in (("left-awsvpc", "awsvpc"), ("left-bridge", "bridge")):
        ecs.register_task_definition(family=family, networkMode=mode, containerDefinitions=TASK)
    places = [it["SubnetId"] for it in subnets(client)[:2]]
    groups = [it["GroupId"] for it in client("ec2").describe_security_groups()["SecurityGroups"]]
    network = {"subnets": places, "securityGroups": groups[:1]}
    ecs.create_service(
        cluster="left", serviceName="left", taskDefinition="left-awsvpc", desiredCount=0,
        networkConfiguration={"awsvpcConfiguration": network},
    )  # fmt: skip
    answer = ecs.update_service(cluster="left", service="left", taskDefinition="left-bridge")
    return bool(answer["service"].get("networkConfiguration"))


def service_settings(client: Client) -> bool:
    cluster_with_provider(client, "settings")
    answer = service(
        client,
        "settings",
        placementConstraints=[{"type": "distinctInstance"}],
        capacityProviderStrategy=[{"capacityProvider": "settings", "weight": 1, "base": 0}],
        healthCheckGracePeriodSeconds=30,
        enableExecuteCommand=True,
        deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 150},
    )
    breaker = {"enable": True, "rollback": True}
    updated = client("ecs").update_service(
        cluster="settings", service="settings",
        deploymentConfiguration={"deploymentCircuitBreaker": breaker},
    )["service"]  # fmt: skip
    kept = {"minimumHealthyPercent": 50, "maximumPercent": 150, "deploymentCircuitBreaker": breaker}
    return updated.get("deploymentConfiguration") != kept or not (
        answer.get("placementConstraints")
        and answer.get("capacityProviderStrategy")
        and answer.get("healthCheckGracePeriodSeconds")
        and answer.get("enableExecuteCommand")
        and answer.get("availabilityZoneRebalancing")
    )


def service_counts(client: Client) -> bool:
    service(client, "counts")
    answer = client("ecs").update_service(cluster="counts", service="counts", desiredCount=3)
    return bool(answer["service"]["runningCount"])


def tasks_of_a_service(client: Client) -> bool:
    ecs = client("ecs")
    service(client, "lone")
    service(client, "lone-other")
    _run_standalone(client, "lone-other")
    listed = ecs.list_tasks(cluster="lone", serviceName="lone")["taskArns"]
    return bool(listed)


def _run_standalone(client: Client, cluster: str) -> None:
    client("ecs").run_task(cluster=cluster, taskDefinition=cluster, launchType="FARGATE")


def no_container_instances(client: Client) -> bool:
    client("ecs").create_cluster(clusterName="vacant")
    try:
        client("ecs").describe_container_instances(cluster="vacant", containerInstances=["a" * 32])
    except (ClientError, KeyError):
        return True
    return False


def managed_draining(client: Client) -> bool:
    ecs = client("ecs")
    arn = described(scaling_group(client, "draining"), "draining")["AutoScalingGroupARN"]
    ecs.create_capacity_provider(
        name="draining",
        autoScalingGroupProvider={"autoScalingGroupArn": arn, "managedDraining": "ENABLED"},
    )
    answer = ecs.update_capacity_provider(
        name="draining", autoScalingGroupProvider={"managedDraining": "DISABLED"}
    )
    details = answer["capacityProvider"]["autoScalingGroupProvider"]
    return bool(details["managedDraining"] != "DISABLED")


def template_tags(client: Client) -> bool:
    ec2 = client("ec2")
    ec2.create_launch_template(
        LaunchTemplateName="tagged",
        LaunchTemplateData={
            "ImageId": IMAGE,
            "TagSpecifications": [
                {"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "b"}]}
            ],
        },
    )
    versions = ec2.describe_launch_template_versions(LaunchTemplateName="tagged")
    return "TagSpecifications" in versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]


def template_tags_later(client: Client) -> bool:
    ec2 = client("ec2")
    made = ec2.create_launch_template(
        LaunchTemplateName="tagged-later", LaunchTemplateData={"ImageId": IMAGE}
    )
    template = made["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_tags(Resources=[template], Tags=[{"Key": "team", "Value": "vision"}])
    (found,) = ec2.describe_launch_templates(LaunchTemplateIds=[template])["LaunchTemplates"]
    return bool(found.get("Tags", []) != [{"Key": "team", "Value": "vision"}])


def template_user_data(client: Client) -> bool:
    scaling, ec2 = scaling_group(client, "second"), client("ec2")
    ec2.create_launch_template_version(
        LaunchTemplateName="second",
        LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "g5.xlarge", "UserData": "Iw=="},
    )
    try:
        scaling.set_desired_capacity(AutoScalingGroupName="second", DesiredCapacity=1)
    except (ClientError, AssertionError):
        return True
    return False


def rule_description(client: Client) -> bool:
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="rules", Description="-", VpcId=vpc)["GroupId"]
    listed = ec2.describe_managed_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 80,
                "ToPort": 80,
                "UserIdGroupPairs": [{"GroupId": group, "Description": "itself"}],
                "PrefixListIds": [{"PrefixListId": listed, "Description": "a list"}],
            }
        ],
    )
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    described = {rule.get("Description") for rule in rules["SecurityGroupRules"]}
    return not {"itself", "a list"} <= described


def rule_of_everything(client: Client) -> bool:
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="born", Description="-", VpcId=vpc)["GroupId"]
    here = [{"Name": "group-id", "Values": [group]}]
    (rule,) = ec2.describe_security_group_rules(Filters=here)["SecurityGroupRules"]
    change = {"IpProtocol": "-1", "CidrIpv4": "0.0.0.0/0", "Description": "anywhere"}
    given = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": change}
    try:
        ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[given])
    except ClientError:
        return True
    (changed,) = ec2.describe_security_group_rules(Filters=here)["SecurityGroupRules"]
    return bool({**rule, "Description": "anywhere"} != changed)


def interfaces_of_the_dead(client: Client) -> bool:
    ec2 = client("ec2")
    subnet = subnets(client)[2]["SubnetId"]
    started = ec2.run_instances(ImageId=IMAGE, SubnetId=subnet, MinCount=1, MaxCount=1)
    ec2.terminate_instances(InstanceIds=[started["Instances"][0]["InstanceId"]])
    here = [{"Name": "subnet-id", "Values": [subnet]}]
    return bool(ec2.describe_network_interfaces(Filters=here)["NetworkInterfaces"])


def rule_of_a_peer(client: Client) -> bool:
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    first, second = (
        ec2.create_security_group(GroupName=name, Description="-", VpcId=vpc)["GroupId"]
        for name in ("peer-first", "peer-second")
    )
    wanted = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    (rule,) = ec2.authorize_security_group_ingress(
        GroupId=first, IpPermissions=[{**wanted, "UserIdGroupPairs": [{"GroupId": first}]}]
    )["SecurityGroupRules"]
    change = {**wanted, "ReferencedGroupId": second, "Description": "the second"}
    given = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": change}
    ec2.modify_security_group_rules(GroupId=first, SecurityGroupRules=[given])
    here = [{"Name": "group-id", "Values": [first]}]
    found = ec2.describe_security_group_rules(Filters=here)["SecurityGroupRules"]
    (changed,) = [it for it in found if not it["IsEgress"]]
    told = changed["ReferencedGroupInfo"]["GroupId"], changed.get("Description")
    return bool(told != (second, "the second"))


def balancers_of_a_group(client: Client) -> bool:
    balancing, old = target_group(client, "left")
    _, new = target_group(client, "entered")
    places = [subnet["SubnetId"] for subnet in subnets(client)[:2]]
    balancer = balancing.create_load_balancer(Name="moved", Subnets=places)["LoadBalancers"][0]
    listener = balancing.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": old}],
    )["Listeners"][0]
    balancing.modify_listener(
        ListenerArn=listener["ListenerArn"],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": new}],
    )
    groups = balancing.describe_target_groups(TargetGroupArns=[old, new])["TargetGroups"]
    balancers = {group["TargetGroupArn"]: group["LoadBalancerArns"] for group in groups}
    return bool(balancers != {old: [], new: [balancer["LoadBalancerArn"]]})


def endpoints_twice(client: Client) -> bool:
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    tables = [ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]]

    def create(service: str, kind: str, **more: Any) -> None:
        name = f"com.amazonaws.us-west-2.{service}"
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=name, VpcEndpointType=kind, **more)

    create("ecs", "Interface", PrivateDnsEnabled=True)
    create("ecs", "Interface", PrivateDnsEnabled=False)
    create("s3", "Gateway", RouteTableIds=tables)
    create("s3", "Interface", PrivateDnsEnabled=True)
    named = _passes(
        lambda: create("ecs", "Interface", PrivateDnsEnabled=True), "conflicting DNS domain"
    )
    return (
        _passes(lambda: create("s3", "Gateway", RouteTableIds=tables), "RouteAlreadyExists")
        or named
    )


def protected_instances(client: Client) -> bool:
    scaling = scaling_group(
        client, "protected", DesiredCapacity=1, NewInstancesProtectedFromScaleIn=True
    )
    identity = described(scaling, "protected")["Instances"][0]["InstanceId"]
    scaling.delete_auto_scaling_group(AutoScalingGroupName="protected", ForceDelete=True)
    found = client("ec2").describe_instances(InstanceIds=[identity])["Reservations"]
    return bool(found[0]["Instances"][0]["State"]["Name"] == "running")


def grace_period(client: Client) -> bool:
    scaling = scaling_group(client, "grace")
    return bool(described(scaling, "grace")["HealthCheckGracePeriod"])


def settings_later(client: Client) -> bool:
    scaling = scaling_group(client, "later")
    wanted = {
        "CapacityRebalance": True,
        "DefaultCooldown": 120,
        "TerminationPolicies": ["OldestInstance"],
    }
    scaling.update_auto_scaling_group(AutoScalingGroupName="later", **wanted)
    found = described(scaling, "later")
    return {name: found.get(name) for name in wanted} != wanted


def type_of_the_policy(client: Client) -> bool:
    try:
        scaling = mixed_group(client, "typed", DesiredCapacity=2)
    except ClientError:
        return True
    return {it["InstanceType"] for it in described(scaling, "typed")["Instances"]} != {"g5.xlarge"}


def template_beside_the_policy(client: Client) -> bool:
    scaling = scaling_group(client, "beside")
    scaling.update_auto_scaling_group(
        AutoScalingGroupName="beside", MixedInstancesPolicy=policy("beside")
    )
    return "LaunchTemplate" in described(scaling, "beside")


def whole_instances(client: Client) -> bool:
    scaling = scaling_group(client, "whole")
    scaling.update_auto_scaling_group(
        AutoScalingGroupName="whole", MixedInstancesPolicy=policy("whole"), DesiredCapacity=1
    )
    return len(described(scaling, "whole")["Instances"]) != 1


def policy_kept(client: Client) -> bool:
    scaling = mixed_group(client, "kept")
    scaling.update_auto_scaling_group(AutoScalingGroupName="kept", MaxSize=5)
    return "MixedInstancesPolicy" not in described(scaling, "kept")


def spread_over_subnets(client: Client) -> bool:
    scaling = scaling_group(client, "spread", DesiredCapacity=2)
    identities = [i["InstanceId"] for i in described(scaling, "spread")["Instances"]]
    found = client("ec2").describe_instances(InstanceIds=identities)["Reservations"]
    return len({i["SubnetId"] for r in found for i in r["Instances"]}) == 1


def instance_refresh(client: Client) -> bool:
    scaling = scaling_group(client, "refresh")
    try:
        scaling.start_instance_refresh(AutoScalingGroupName="refresh")
    except (ClientError, NotImplementedError):
        return True
    found = scaling.describe_instance_refreshes(AutoScalingGroupName="refresh")
    return not found["InstanceRefreshes"]


def group_metrics(client: Client) -> bool:
    scaling = scaling_group(client, "measured")
    metrics = ["GroupDesiredCapacity", "GroupInServiceInstances"]
    scaling.enable_metrics_collection(
        AutoScalingGroupName="measured", Granularity="1Minute", Metrics=metrics
    )
    try:
        scaling.disable_metrics_collection(AutoScalingGroupName="measured", Metrics=metrics[:1])
    except (ClientError, NotImplementedError):
        return True
    left = described(scaling, "measured")["EnabledMetrics"]
    return [it["Metric"] for it in left] != metrics[1:]


def target_tags(client: Client) -> bool:
    scaling = client("application-autoscaling")
    service(client, "scaled")
    arn = scaling.register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/scaled/scaled",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=0,
        MaxCapacity=2,
        Tags={"team": "ml"},
    )["ScalableTargetARN"]
    try:
        return bool(scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] != {"team": "ml"})
    except (ClientError, NotImplementedError):
        return True


def target_ports(client: Client) -> bool:
    balancing, arn = target_group(client, "ports")
    targets = [{"Id": "10.0.0.9", "Port": port} for port in (32768, 32769)]
    balancing.register_targets(TargetGroupArn=arn, Targets=targets)
    health = balancing.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return len(health) != len(targets)


def target_health(client: Client) -> bool:
    balancing, arn = target_group(client, "health")
    balancing.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.9", "Port": 80}])
    health = balancing.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return bool(health[0]["TargetHealth"]["State"] == "healthy")


def secure_transport(client: Client) -> bool:
    storage, name = client("s3"), "tls-only"
    place = {"LocationConstraint": "us-west-2"}
    storage.create_bucket(Bucket=name, CreateBucketConfiguration=place)
    arn = f"arn:aws:s3:::{name}"
    only_by_tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    never = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{arn}/never"}
    policy = {"Version": "2012-10-17", "Statement": [only_by_tls, never]}
    storage.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    with pytest.raises(ClientError):
        storage.put_object(Bucket=name, Key="never", Body=b"")
    try:
        storage.put_object(Bucket=name, Key="state", Body=b"")
    except ClientError:
        return True
    return False


def spot_prices(client: Client) -> bool:
    history = client("ec2").describe_spot_price_history(
        InstanceTypes=["g4dn.xlarge"], ProductDescriptions=["Linux/UNIX"], MaxResults=1
    )["SpotPriceHistory"]
    return float(history[0]["SpotPrice"]) < 0.01


def capacity_reservations(client: Client) -> bool:
    try:
        client("ec2").describe_capacity_reservations()
    except (ClientError, NotImplementedError):  # of the account; of moto in this process
        return True
    return False


def service_deployments(client: Client) -> bool:
    service(client, "history")
    try:
        found = client("ecs").list_service_deployments(cluster="history", service="history")
        arn = found["serviceDeployments"][0]["serviceDeploymentArn"]
        described = client("ecs").describe_service_deployments(serviceDeploymentArns=[arn])
        revision = found["serviceDeployments"][0]["targetServiceRevisionArn"]
        revisions = client("ecs").describe_service_revisions(serviceRevisionArns=[revision])
    except (ClientError, NotImplementedError):
        return True
    return not (described["serviceDeployments"] and revisions["serviceRevisions"])


def stop_service_deployment(client: Client) -> bool:
    arn = "arn:aws:ecs:us-west-2:123456789012:service-deployment/history/history/none"
    try:
        client("ecs").stop_service_deployment(serviceDeploymentArn=arn)
    except NotImplementedError:
        return True
    except ClientError as error:
        return error.response["Error"]["Code"] != "ServiceDeploymentNotFoundException"
    return True


def forced_deployment(client: Client) -> bool:
    before = service(client, "forced")["deployments"][0]["id"]
    answer = client("ecs").update_service(
        cluster="forced", service="forced", forceNewDeployment=True
    )
    # The simulation adds a deployment and leaves this one until its tasks have stopped.
    return before not in {it["id"] for it in answer["service"]["deployments"]}


def task_scaling_activities(client: Client) -> bool:
    try:
        scaling = client("application-autoscaling")
        found = scaling.describe_scaling_activities(ServiceNamespace="ecs")
    except (ClientError, NotImplementedError):
        return True
    return "ScalingActivities" not in found


def target_gone(client: Client) -> bool:
    _with_service(client, "tracked")
    scaling = client("application-autoscaling")
    place = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/tracked/tracked",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**place, MinCapacity=0, MaxCapacity=1)
    scaling.put_scaling_policy(
        **place,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 50.0},
    )
    scaling.put_scheduled_action(
        **place,
        ScheduledActionName="night",
        Schedule="rate(1 day)",
        ScalableTargetAction={"MinCapacity": 0},
    )
    scaling.deregister_scalable_target(**place)
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    actions = scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    kept = [it["ResourceId"] for it in (*policies, *actions)]
    return place["ResourceId"] in kept


def execute_command(client: Client) -> bool:
    client("ecs").create_cluster(clusterName="shells")
    try:
        client("ecs").execute_command(cluster="shells", task="none", command="sh", interactive=True)
    except NotImplementedError:
        return True
    except ClientError as error:
        return error.response["Error"]["Code"] != "InvalidParameterException"
    return True


def instance_sessions(client: Client) -> bool:
    try:
        client("ssm").start_session(Target="i-0123456789abcdef0")
    except NotImplementedError:
        return True
    except ClientError as error:
        return error.response["Error"]["Code"] != "TargetNotConnected"
    return True


def events_by_prefix(client: Client) -> bool:
    logs = client("logs")
    logs.create_log_group(logGroupName="prefixes")
    now = int(clock() * 1000)
    for time, stream in ((2, "a/1"), (1, "a/2"), (3, "b/1")):
        logs.create_log_stream(logGroupName="prefixes", logStreamName=stream)
        event = {"timestamp": now + time, "message": stream}
        logs.put_log_events(logGroupName="prefixes", logStreamName=stream, logEvents=[event])
    found = logs.filter_log_events(logGroupName="prefixes", logStreamNamePrefix="a/")["events"]
    none = logs.filter_log_events(logGroupName="prefixes", logStreamNamePrefix="c/")["events"]
    return [it["message"] for it in found] != ["a/2", "a/1"] or bool(none)


def default_ebs_key(client: Client) -> bool:
    ec2 = client("ec2")
    # AWS's own key encrypts this volume and stays the answer by its alias, not by its ARN.
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1, Encrypted=True)["VolumeId"]
    try:
        return bool(ec2.get_ebs_default_kms_key_id()["KmsKeyId"] != "alias/aws/ebs")
    except (ClientError, NotImplementedError):
        return True
    finally:
        ec2.delete_volume(VolumeId=volume)


def simulated_policies(client: Client) -> bool:
    iam = client("iam")
    arn = iam.create_user(UserName="simulated")["User"]["Arn"]
    try:
        answer = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])
    except (ClientError, NotImplementedError):
        return True
    finally:
        iam.delete_user(UserName="simulated")
    return [it["EvalDecision"] for it in answer["EvaluationResults"]] != ["implicitDeny"]


def service_quotas(client: Client) -> bool:
    try:
        client("service-quotas").get_service_quota(ServiceCode="ec2", QuotaCode="L-DB2E81BA")
    except ClientError:
        return True
    return False


def all_capacity_providers(client: Client) -> bool:
    try:
        client("ecs").describe_capacity_providers()
    except (ClientError, TypeError):  # of the account; of moto in this process
        return True
    return False


def role_not_in_profile(client: Client) -> bool:
    iam, name = client("iam"), "left"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)
    try:
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return False
    except (ClientError, ValueError):  # as a server answers it, or as it is raised in here
        return True
    return False


def certificate_names(client: Client) -> bool:
    names = ["names.example.org", "*.names.example.org"]
    acm = client("acm")
    acm.request_certificate(DomainName=names[0], SubjectAlternativeNames=names)
    listed = acm.list_certificates()["CertificateSummaryList"]
    found = next(it for it in listed if it["DomainName"] == names[0])
    return sorted(found.get("SubjectAlternativeNameSummaries", ())) != sorted(names)


def web_acl_as_described(client: Client) -> bool:
    waf, said = client("wafv2"), []
    made = waf.create_web_acl(
        Name="described",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig={
            "SampledRequestsEnabled": False,
            "CloudWatchMetricsEnabled": False,
            "MetricName": "described",
        },
    )["Summary"]

    def heard(http_response: Any, **_others: Any) -> None:
        said.append(json.loads(http_response.content))

    waf.meta.events.register("after-call.wafv2.GetWebACL", heard)
    waf.get_web_acl(Name="described", Scope="REGIONAL", Id=made["Id"])
    return "LockToken" in said[0]["WebACL"]


SYMPTOMS: dict[str, Callable[[Client], bool]] = {
    symptom.__name__: symptom
    for symptom in (
        service_network,
        service_network_left,
        service_settings,
        service_counts,
        tasks_of_a_service,
        no_container_instances,
        managed_draining,
        cluster_in_use,
        provider_of_a_service,
        provider_of_a_cluster,
        provider_of_a_group,
        service_before_its_parts,
        all_capacity_providers,
        template_tags,
        template_tags_later,
        template_user_data,
        rule_description,
        rule_of_everything,
        interfaces_of_the_dead,
        rule_of_a_peer,
        balancers_of_a_group,
        endpoints_twice,
        protected_instances,
        grace_period,
        settings_later,
        type_of_the_policy,
        template_beside_the_policy,
        whole_instances,
        policy_kept,
        spread_over_subnets,
        instance_refresh,
        target_tags,
        group_metrics,
        target_ports,
        target_health,
        secure_transport,
        role_not_in_profile,
        service_quotas,
        spot_prices,
        capacity_reservations,
        default_ebs_key,
        simulated_policies,
        service_deployments,
        stop_service_deployment,
        forced_deployment,
        task_scaling_activities,
        target_gone,
        execute_command,
        instance_sessions,
        events_by_prefix,
        certificate_names,
        web_acl_as_described,
    )
}

SEEN_ELSEWHERE = {
    "volume_of_the_image",  # test_refusals: Bottlerocket's root volume
    "service_draining",  # test_player: a service drains before it is gone
    "activities",  # test_player: a group tells its launches
    "status_checks",  # test_service_faults: a fault makes them fail
    "registered_again",  # simulator/test_task_scaling: the count is brought within the limits
    "stop_task",  # test_player: a task can be stopped
}
"""Gaps that show only with the player or the seed's images; moto has nothing there to look at."""


@pytest.mark.parametrize("name", SYMPTOMS)
def test_moto_still_has_it(name: str, unpatched: Client) -> None:
    assert SYMPTOMS[name](unpatched), f"moto has closed {name}: the patch can go"


@pytest.mark.parametrize("name", SYMPTOMS)
def test_the_account_has_it_not(name: str, closed: Client) -> None:
    assert not SYMPTOMS[name](closed)


def test_moto_still_accepts_what_the_account_refuses(unpatched: Client) -> None:
    # That the account refuses these scenarios is in test_refusals.py.
    refused = []
    for gap, scenarios in CLOSED_GAPS.items():
        for scenario in scenarios:
            call = scenario(unpatched)
            try:
                call()
            except ClientError as error:
                refused.append((gap, scenario.__name__, str(error)))
    assert refused == [], "moto has closed these: the patches can go"


def test_every_gap_is_observed() -> None:
    observed = {*SYMPTOMS, *CLOSED_GAPS, *SEEN_ELSEWHERE}
    assert {close.__name__ for close in install.GAPS} <= observed
