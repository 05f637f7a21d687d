"""The CFO decides about money before it is spent; imports treasury, contracts and core."""
