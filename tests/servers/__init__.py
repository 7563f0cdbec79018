"""The counterparts that tests speak to: real servers on the loopback."""
