"""What `deliver_million.py` runs beside each other, each in a process of its own.

    listing.py    a list of people and a frozen edition in a new database
    provider.py   the stand-in for SendGrid, answering at once or after a while
    server.py     a PostgreSQL server, from the wheel that the tests use
    floor.py      the least that any program would have to do for the same delivery
    writer.py     another program that writes to the same database all the time
    usual.py      the scripts one finds for the same purpose
    steps.py      starting them and reading what they print

Each prints one line of JSON for each thing it has to say, and those that go on and on end when
their input is closed.
"""
