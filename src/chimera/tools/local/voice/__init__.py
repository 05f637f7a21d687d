"""Offline neural narration: from written beats to spoken words with their times; may import contracts and core."""
