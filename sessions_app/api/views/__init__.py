"""The second door to the actions. Each view names its deeds; each load is a permission."""
