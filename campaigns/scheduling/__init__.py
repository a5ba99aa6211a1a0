"""When it goes out: clocks, zones, hours, pace, slots, limits of a day."""
