"""The nouns: tables, values, the outbox, the spool, blobs, the audit chain and search."""
