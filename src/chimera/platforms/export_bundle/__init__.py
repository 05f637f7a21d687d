"""The export bundle: one piece's media and documents in a folder anywhere; imports contracts and core."""
