"""Logs; imports contracts and core."""
