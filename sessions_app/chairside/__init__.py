"""What the record of a session says now, for the board, the chair and paper."""
