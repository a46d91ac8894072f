resource "aws_ecs_cluster" "this" {
  name = "inference-cluster"
}

resource "aws_launch_template" "this" {
  name                   = "inference-template"
  image_id               = var.ami
  instance_type          = var.instance_type
  key_name               = var.key_name
  vpc_security_group_ids = var.instance_security_group_ids
  update_default_version = true

  # The cluster's name comes by reference: instances start after it is made and end before it goes.
  user_data = base64encode(templatefile("${path.module}/user_data.sh", { cluster = aws_ecs_cluster.this.name }))

  iam_instance_profile {
    arn = var.instance_profile_arn
  }

  # Neither default_tags nor the Auto Scaling group's tags reach the volumes.
  tag_specifications {
    resource_type = "volume"
    tags          = merge({ Name = var.name }, var.tags)
  }
}

resource "aws_autoscaling_group" "this" {
  name                      = "inference-asg"
  min_size                  = var.min_size
  max_size                  = var.max_size
  desired_capacity          = var.initial_size
  vpc_zone_identifier       = var.instance_subnet_ids
  health_check_grace_period = 0
  protect_from_scale_in     = false

  # The service waits for instances, the apply doesn't: GPUs can be hours in coming, and one zone
  # without any must not fail it.
  wait_for_capacity_timeout        = "0"
  ignore_failed_scaling_activities = true

  # The instances end with their group; it isn't scaled in first.
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

    # Running instances keep their cluster, security group and role until they end: a cluster that
    # is replaced can't be deleted while old ones are registered with it.
    replace_triggered_by = [
      aws_ecs_cluster.this.id,
    ]
  }
}

resource "aws_ecs_capacity_provider" "this" {
  name = "inference-capacity"

  auto_scaling_group_provider {
    auto_scaling_group_arn         = aws_autoscaling_group.this.arn
    managed_termination_protection = "DISABLED"
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
