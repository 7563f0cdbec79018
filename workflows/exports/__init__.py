"""Exports, first part: the Electronic Export Information, from its draft to its ITN (15 CFR 30)."""
