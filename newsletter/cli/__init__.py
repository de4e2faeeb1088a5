"""The commands: they read arguments, call the pipeline and print; they decide nothing.

One module per command or group, each with a click object named `command`. `main.py` knows them by
name only and imports one when it is called, so that `newsletter --help` stays quick.
"""
