"""The artist: turns an approved brief into media files; imports tools, storage, contracts, core."""
