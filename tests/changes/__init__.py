"""The transition matrix: what a change of each decision does to an applied stack.

``make changes`` tries every change of ``declared`` on the demo account with the real Terraform
and writes docs/changes.md.
"""
