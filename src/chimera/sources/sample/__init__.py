"""Data only: the recorded sample (see NOTICE); imports nothing."""
