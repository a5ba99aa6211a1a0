"""Saved filters: people of lists by what is known of them."""
