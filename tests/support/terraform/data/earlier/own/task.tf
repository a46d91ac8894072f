resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = 30
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["EC2"]
  network_mode             = "bridge"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = var.task_role_arn

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

      secrets = []

      linuxParameters = {
        sharedMemorySize = 1024
      }

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = var.region
          awslogs-stream-prefix = "app"
        }
      }

      # ECS answers with these even if they are empty; written out, no plan takes that for a change.
      mountPoints = []
      volumesFrom = []
    },
  ])

  # The service moves to the new revision before the old one is deregistered.
  lifecycle {
    create_before_destroy = true
  }
}
