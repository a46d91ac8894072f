"""The pictures of the documentation, made from the real program on the demo account.

``make pictures`` drives the wizard by keys from an empty directory to a healthy service, with the
real Terraform and AWS provider, and writes ``docs/pictures/*.svg``. Two calls write the same files.
"""
