"""The flow, the stages of a content piece, and its durable workflow; imports agents and everything below."""
