"""How often callers may ask: token buckets of one process, and those that all processes share in Redis."""
