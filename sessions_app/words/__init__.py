"""What people read for codes, fields and refusals. One place for each sentence."""
