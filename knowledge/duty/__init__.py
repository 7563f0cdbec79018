"""Duty and fees: what the rates say, dated and sourced, and refusing to guess."""
