"""Bookings: what opens a shipment before its documents come, and what follows from it."""
