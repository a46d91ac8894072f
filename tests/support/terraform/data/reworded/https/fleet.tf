resource "aws_ecs_cluster" "this" {
  name = var.name
}

# Only the image knows what its root device is called.
data "aws_ami" "this" {
  include_deprecated = true

  filter {
    name   = "image-id"
    values = [var.ami]
  }
}

resource "aws_launch_template" "this" {
  name                   = "${var.name}-gpu"
  image_id               = var.ami
  instance_type          = var.instance_type
  key_name               = var.key_name
  vpc_security_group_ids = [aws_security_group.instances.id]
  update_default_version = true

  # The cluster's name comes by reference: instances start after it is made and end before it goes.
  user_data = base64encode(join("", [
    templatefile("${path.module}/user_data.sh", { cluster = aws_ecs_cluster.this.name }),
    file("${path.module}/extra_user_data.sh"),
  ]))

  iam_instance_profile {
    arn = aws_iam_instance_profile.this.arn
  }

  block_device_mappings {
    device_name = data.aws_ami.this.root_device_name

    ebs {
      volume_type           = "gp3"
      volume_size           = 100
      throughput            = 250
      encrypted             = true
      delete_on_termination = true
    }
  }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # One hop reaches the instance but no bridged container, which has a role of its own.
    http_put_response_hop_limit = 1
  }

  instance_market_options {
    market_type = "spot"
  }

  # Neither default_tags nor the Auto Scaling group's tags reach the volumes.
  tag_specifications {
    resource_type = "volume"
    tags          = merge({ Name = var.name }, var.tags)
  }

  # Under another name the new template is there before the group leaves the old one.
  lifecycle {
    create_before_destroy = true
  }
}

# What running instances can't change. A reference to the resource itself would be lost together with
# it: when an existing security group takes its place, say.
resource "terraform_data" "fleet_ties" {
  input = {
    cluster          = aws_ecs_cluster.this.id
    security_group   = aws_security_group.instances.id
    instance_profile = aws_iam_instance_profile.this.id
  }
}

resource "aws_autoscaling_group" "this" {
  name                      = var.name
  min_size                  = var.min_size
  max_size                  = var.max_size
  desired_capacity          = var.initial_size
  vpc_zone_identifier       = var.instance_subnet_ids
  health_check_type         = "EC2"
  health_check_grace_period = 0
  protect_from_scale_in     = true
  capacity_rebalance        = true

  # The service waits for instances, the apply doesn't: GPUs can be hours in coming, and one zone
  # without any must not fail it.
  wait_for_capacity_timeout        = "0"
  ignore_failed_scaling_activities = true

  # Instances protected from scale-in would keep the group from being destroyed.
  force_delete = true

  launch_template {
    id = aws_launch_template.this.id
    # By number, so that a new one starts an instance refresh.
    version = aws_launch_template.this.latest_version
  }

  instance_refresh {
    strategy = "Rolling"

    preferences {
      # The new instance is up before the old one goes.
      min_healthy_percentage       = 100
      max_healthy_percentage       = 110
      instance_warmup              = 300
      scale_in_protected_instances = "Refresh"
    }
  }

  # ECS adds this tag itself; without it here every plan would take it away again.
  tag {
    key                 = "AmazonECSManaged"
    value               = ""
    propagate_at_launch = true
  }

  # The provider's default_tags don't reach an Auto Scaling group.
  dynamic "tag" {
    for_each = merge({ Name = var.name }, var.tags)

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  lifecycle {
    # The capacity provider scales the group.
    ignore_changes = [desired_capacity]

    # Instances keep their cluster, security group and role for life, so replace the group when one
    # of them is replaced or given up.
    replace_triggered_by = [terraform_data.fleet_ties]
  }

  # An instance can't register before its role may do so and its way out is open, and it drains by
  # the same way in the end.
  depends_on = [
    aws_iam_role_policy_attachment.instance_ecs,
    aws_iam_role_policy_attachment.instance_ssm,
    aws_vpc_security_group_egress_rule.instances_to_anywhere,
    aws_vpc_security_group_egress_rule.instances_to_anywhere_ipv6,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_ingress_rule.endpoints_from_vpc,
    aws_vpc_endpoint.s3,
  ]
}

resource "aws_ecs_capacity_provider" "this" {
  name = var.name

  auto_scaling_group_provider {
    auto_scaling_group_arn         = aws_autoscaling_group.this.arn
    managed_termination_protection = "ENABLED"
    managed_draining               = "ENABLED"

    managed_scaling {
      status                    = "ENABLED"
      target_capacity           = 100
      minimum_scaling_step_size = 1
      maximum_scaling_step_size = 10000
      instance_warmup_period    = 300
    }
  }
}

# Apart from the cluster: a cluster that names its own providers can't be destroyed while they exist.
resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = [aws_ecs_capacity_provider.this.name]

  default_capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.this.name
    base              = 0
    weight            = 1
  }

  lifecycle {
    # AWS doesn't delete a provider that a cluster still uses: let go of it before it is replaced.
    replace_triggered_by = [aws_ecs_capacity_provider.this.id]
  }
}
