resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = 30
}

resource "aws_ecs_task_definition" "this" {
  family = var.name
  # Old revisions stay ACTIVE: a roll-back needs the one before.
  skip_destroy             = true
  requires_compatibilities = ["EC2"]
  network_mode             = "bridge"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  container_definitions = jsonencode([
    {
      name      = "app"
      image     = var.image
      essential = true
      cpu       = var.cpu
      memory    = var.memory

      # A string: ECS takes the number of GPUs as text.
      resourceRequirements = [
        { type = "GPU", value = "1" },
      ]

      portMappings = [
        {
          containerPort = 8000
          # 0: a free port from 32768 up, another one for each task.
          hostPort = 0
          protocol = "tcp"
        },
      ]

      environment = [
        { name = "NVIDIA_DRIVER_CAPABILITIES", value = "all" },
      ]

      secrets = [
        { name = "A", valueFrom = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" },
        { name = "B", valueFrom = "arn:aws:ssm:us-east-1:123456789012:parameter/llm/token" },
      ]

      linuxParameters = {
        # An init process reaps child processes, such as a model server's workers.
        initProcessEnabled = true
      }

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = var.region
          awslogs-stream-prefix = "app"
          # CloudWatch that is slow must not stop the container.
          mode            = "non-blocking"
          max-buffer-size = "25m"
        }
      }

      # ECS answers with these even if they are empty; written out, no plan takes that for a change.
      mountPoints = []
      volumesFrom = []
    },
  ])

  # The service stays on the revision that it runs until something other than Terraform moves it.
  lifecycle {
    create_before_destroy = true
  }
}
