"""The use cases: collect, compose, preview, deliver. They decide with pure functions, then do.

Each takes a `Context`; the command line and the web application call them and print what they give.
"""
