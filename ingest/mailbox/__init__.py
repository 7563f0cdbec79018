"""One mailbox on an IMAP server: its address, the login, the conversation, how far we are.

Nothing here decides which mail is taken or keeps one: that is `ingest/imap.py`.
"""
