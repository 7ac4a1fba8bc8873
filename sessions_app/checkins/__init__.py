"""What a patient is asked and answered, after the session and over time."""
