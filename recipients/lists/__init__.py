"""Lists and their people: finding, changing, sharing, putting together, taking along."""
