resource "aws_ecs_cluster" "this" {
  name = var.name
}

data "aws_ssm_parameter" "ami" {
  name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended/image_id"
}

resource "aws_launch_template" "this" {
  name = "${var.name}-gpu"
  # The plain value: the other one is marked sensitive, which would hide a new image in the plan.
  image_id               = data.aws_ssm_parameter.ami.insecure_value
  instance_type          = var.instance_type
  vpc_security_group_ids = [aws_security_group.instances.id]
  update_default_version = true

  # The cluster's name comes by reference: instances start after it is made and end before it goes.
  user_data = base64encode(templatefile("${path.module}/user_data.sh", { cluster = aws_ecs_cluster.this.name }))

  iam_instance_profile {
    arn = aws_iam_instance_profile.this.arn
  }

  block_device_mappings {
    device_name = "/dev/xvda"

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

  # The service waits for instances, the apply doesn't: GPUs can be hours in coming, and one zone
  # without any must not fail it.
  wait_for_capacity_timeout        = "0"
  ignore_failed_scaling_activities = true

  # Instances protected from scale-in would keep the group from being destroyed.
  force_delete = true

  launch_template {
    id = aws_launch_template.this.id
    # New instances take the newest; running ones stay as they are.
    version = "$Latest"
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
