"""The personas that come with Chimera, one JSON file each; read by `persona.py`, imports nothing."""
