"""The transition matrix: what becomes of an applied stack when one of its decisions changes.

``make changes`` tries every change of ``declared`` on the emulated account with the real Terraform
and writes docs/changes.md.
"""
