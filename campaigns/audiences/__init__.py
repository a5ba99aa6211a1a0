"""Who gets a campaign: choosing, counting, freezing."""
