"""Words, money, time, identity, limits and errors that every layer shares; imports nothing, does no I/O."""
