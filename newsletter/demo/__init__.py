"""A small made-up blog, its readers and its settings: the whole job can be tried offline.

`blog` has the data and what may be done with them, `server` serves the blog on this computer.
"""
