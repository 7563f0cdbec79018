"""The ways to the customs authority, one adapter each, and the packet that all of them carry."""
