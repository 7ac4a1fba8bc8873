"""The invented clinic of `make demo`: people, a simulator of their illness, and the builder."""
