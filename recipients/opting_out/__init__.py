"""The register of people who do not want to be messaged."""
