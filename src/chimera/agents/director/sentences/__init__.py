"""The sentence patterns a script is made of, one text file a slot; read by `sentence_patterns.py`, imports nothing."""
