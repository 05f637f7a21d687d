"""Logs and timings; imports contracts and core."""
