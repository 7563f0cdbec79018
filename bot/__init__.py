"""The face: Slack, the web, the command line, and the putting together of everything else."""
