"""The director writes the brief: script, storyboard, cost estimate, projections; may import storage and below."""
