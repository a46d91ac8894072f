"""The pictures of the documentation, created with the real program in the demo account.

``make pictures`` drives the wizard by keys from an empty directory to a healthy service, with the
real Terraform and AWS provider, and writes ``docs/pictures/*.svg``. Two calls create identical
files.
"""
