"""The director writes the brief: script, storyboard, cost estimate, projections; imports storage, contracts and core."""
