"""One file a table: its queries, as functions on an open connection."""
