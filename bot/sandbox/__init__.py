"""What stands in for the outside world when nothing is configured: Slack, customs, mail.

It is for learning and testing. It is strict where the real thing is strict, so that what works
here works there; nothing in the product knows that it is talking to it.
"""
