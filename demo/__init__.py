"""A team to try the dashboard with, on the sandbox. Installed only where settings.DEMO is set."""
