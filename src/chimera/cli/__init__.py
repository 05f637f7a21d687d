"""The `chimera` command: one module per noun, thin over the same functions as HTTP; may import every layer."""
