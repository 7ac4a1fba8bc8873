"""The reading pages by subject. Each look and each file leaves one audit line."""
