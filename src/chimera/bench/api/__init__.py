"""The outside door measured on tables that are full."""
