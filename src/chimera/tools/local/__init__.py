"""The tools that run on this machine, without any network; imports contracts and core."""
