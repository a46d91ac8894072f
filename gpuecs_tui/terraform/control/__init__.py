"""Runs started, approved, discarded and cancelled, and what refuses to start one."""
