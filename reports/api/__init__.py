"""The reports at the API's door: the objects of the pages, as JSON with the same numbers."""
