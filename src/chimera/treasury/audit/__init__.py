"""What `chimera ledger verify` checks, pure: rows, keys, checkpoints and budget lines in, problems out."""
