"""Whole stories: what a team does with a service from its first apply to its end.

``make stories`` carries out the five stories of ``tales`` with the program's own commands, the real
Terraform and the demo account, and writes docs/stories.md.
"""
