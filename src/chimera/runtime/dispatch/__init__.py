"""From a task's row to an agent that works on it, and back: hints in Redis, claims and results in PostgreSQL."""
