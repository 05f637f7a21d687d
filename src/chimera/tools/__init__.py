"""The tools that make media, ours and vendors'; may import storage, security, telemetry, contracts and core."""
