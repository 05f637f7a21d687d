<<<<<<< HEAD
"""The `chimera` command: one module per noun, thin over the same functions as HTTP; may import every layer."""
=======
"""The command line: one file a noun, each command a thin call; the only place besides bootstrap that reads settings."""
>>>>>>> main
