"""Data only: word lists of the English language, no topics; imports nothing."""
