"""What the artist calls to make real files: our own MCP server of local tools; imports contracts and core."""
