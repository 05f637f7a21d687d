"""Measurements of the whole: what users do, timed from outside, beside a baseline; imports contracts and core."""
