"""The risk of a request: what is remembered of agents, what is measured, what it weighs; pure."""
