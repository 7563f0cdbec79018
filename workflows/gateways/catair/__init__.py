"""CATAIR-shaped records: 80 columns, blanks as filler, by the positions of CBP's public documents.

CATAIR-shaped, **not CBP-certified**: nothing here is an ABI connection. The records are for the
broker's own certified ABI line or vendor, and for a person who has to key an entry by hand.
Positions: CBP, "ACE CATAIR" (Cargo Release, Entry Summary Create/Update, Batch & Block Control).
"""
