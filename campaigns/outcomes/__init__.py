"""What became of campaigns: history, timeline, reports, follow-ups, notices."""
