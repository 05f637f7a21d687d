"""Who is at work: presence of the agents; imports pipeline and everything below."""
