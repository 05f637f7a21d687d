"""Planner, workers and judge at work on objectives: ordered, done, reviewed, committed; imports pipeline and below."""
