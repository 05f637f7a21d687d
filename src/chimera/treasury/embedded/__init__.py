"""The CFO inside another program: `open_cfo` and what it gives; imports the treasury."""
