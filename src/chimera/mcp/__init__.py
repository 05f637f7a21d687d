"""The studio's subjects, reads and actions as MCP tools, over HTTP and stdio; imports bootstrap and below."""
