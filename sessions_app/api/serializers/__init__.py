"""The API's shapes, by subject. Rules are in the actions; an incoming shape only checks types."""
