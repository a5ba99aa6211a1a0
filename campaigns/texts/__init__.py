"""Texts: dynamic fields, rendering for each person, SMS segments, WhatsApp's own signs."""
