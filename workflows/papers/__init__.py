"""The papers that this house makes: facts of a shipment in, bytes of a PDF out.

Pure but for `desk`, `asking` and `making`, which read and write the database. A paper never
guesses: what is not known is a line to complete, or a reason not to make the paper at all.
"""
