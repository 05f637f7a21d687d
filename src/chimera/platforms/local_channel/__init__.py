"""The local channel: posts in a folder of the home, with its feeds; needs no account."""
