"""What outside callers can ask for, noun by noun: HTTP routes and MCP tools are made from these."""
