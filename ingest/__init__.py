"""The ears: mail comes in, documents are read. Nothing here decides anything."""
