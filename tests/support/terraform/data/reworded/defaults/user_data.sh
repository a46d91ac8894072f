#!/bin/bash
# A Terraform template (see fleet.tf): dollar-brace expressions are filled in by templatefile().

cat >>/etc/ecs/ecs.config <<'CONFIG'
ECS_CLUSTER=${cluster}
# GPU images are large: extracting one layer can take minutes without a sign of life.
ECS_IMAGE_PULL_INACTIVITY_TIMEOUT=10m
ECS_CONTAINER_START_TIMEOUT=10m
# Containers of stopped tasks keep their image; the default is 3h.
ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION=15m
ECS_IMAGE_CLEANUP_INTERVAL=10m
CONFIG
