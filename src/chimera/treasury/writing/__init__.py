"""How rows enter the ledger: batches decided ahead, signed, packed and committed."""
