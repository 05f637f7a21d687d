"""The agents one process hosts: in memory, in Redis, in their rows; imports storage and what lies below it."""
