"""What readers do on our pages: ask, confirm, choose, leave, see what is held, be forgotten.

The pages call these, and nothing else of the subscribers. Each function does its own transaction:
when it returns, what it says has happened is on the disk.
"""
