"""The sample: six weeks of a team's life, made with the demo team and removed by one click."""
