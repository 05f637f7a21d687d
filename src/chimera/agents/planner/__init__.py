"""The planner chooses the trend worth making; its rules are pure files; imports storage, contracts and core."""
