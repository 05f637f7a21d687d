"""What may follow a decision: answering, settling, voiding, expiring, pausing; pure rules over a scene."""
