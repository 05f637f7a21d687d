"""Who is who: keys in use, tokens given, refreshed and revoked, people; joins security's rules and their tables."""
