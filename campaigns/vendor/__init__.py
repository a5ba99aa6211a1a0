"""Sociocs as we know it: accounts, channels, and the way to its API."""
