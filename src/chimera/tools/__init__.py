"""The tools that make media, behind MCP; may import storage, security, telemetry, contracts and core."""
