"""Finds what is rising: `agent.py` and its pure rules; imports sources, storage, contracts and core."""
