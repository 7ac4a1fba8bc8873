"""Commands behind the Makefile; nothing in the product imports them."""
