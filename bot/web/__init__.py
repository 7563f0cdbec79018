"""The web side: health, signed document links, Slack's signed requests."""
