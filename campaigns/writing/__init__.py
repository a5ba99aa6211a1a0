"""A campaign before it is launched: its draft, what it says, trying it out, saved messages."""
