"""When it goes out: clocks, zones, hours, pace, repeats."""
