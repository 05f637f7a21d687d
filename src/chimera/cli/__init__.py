"""The command line: one file a noun, each command a thin call; the only place besides bootstrap that reads settings."""
