"""The seven roles, one folder each; they meet only through contracts and import everything below."""
