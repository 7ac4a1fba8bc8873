"""What a clinician would read aloud: ranges, doses, schedules, steps. No Django, no database."""
