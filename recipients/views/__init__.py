"""Pages of lists, imports, saved filters and opt-outs."""
