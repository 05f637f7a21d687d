"""Money: rules, risk, the signed ledger, its verification; imports storage, security, telemetry, contracts, core."""
