"""The command line: one file a noun; may import everything below it."""
