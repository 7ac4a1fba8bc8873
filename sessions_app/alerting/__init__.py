"""Who is called about what, in which order, and what became of it."""
