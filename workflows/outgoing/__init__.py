"""The ways out of the house other than Slack and customs: e-mail now, more to come."""
