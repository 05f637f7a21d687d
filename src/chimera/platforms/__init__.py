"""Where work is published, one folder a platform; imports storage, security, telemetry, contracts, core."""
