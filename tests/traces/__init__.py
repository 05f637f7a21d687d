"""Honest studio work and attacks, to judge the treasury's risk score with; nothing here knows how the score is made."""
