"""The worker: publishes what the judge has passed."""
