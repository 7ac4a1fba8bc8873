"""How people and tablets are known: log-in, PINs, devices, and how often one may be wrong."""
