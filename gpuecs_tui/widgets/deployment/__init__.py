"""The judgement on a deployment on screen."""
