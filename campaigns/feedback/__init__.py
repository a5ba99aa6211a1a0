"""What comes back: delivery reports, replies, opt-outs and blocks."""
