"""The pages' addresses, one file per namespace."""
