"""Servers that speak a vendor's protocol, over real sockets, for tests."""
