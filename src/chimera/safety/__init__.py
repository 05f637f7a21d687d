"""The SafetyGateway: what a text may not say or give away, and what waits for a human; imports contracts and core."""
