"""Webhooks: topics' changes told over HTTP, signed, and told again until they arrive or are given up."""
