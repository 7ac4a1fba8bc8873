"""The page door, by subject: is the shape right? The rules themselves are in the actions."""
