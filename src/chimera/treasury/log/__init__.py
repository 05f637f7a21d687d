"""The ledger as a transparency log: Merkle tree, checkpoints, tiles, proofs; imports storage, security and below."""
