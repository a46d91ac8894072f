"""Basics of every part of terraform/: files, processes, problems and times."""
