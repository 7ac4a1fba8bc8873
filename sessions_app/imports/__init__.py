"""The files that a clinic brings from elsewhere."""
