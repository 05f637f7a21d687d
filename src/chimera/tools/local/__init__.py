"""The media tools that run on this machine without any network: voice, sound and picture."""
