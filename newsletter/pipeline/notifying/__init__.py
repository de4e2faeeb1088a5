"""Tell the admin, by mail and without any server, what a timer did and what waits.

    run.py       a send, and then what is told of it
    telling.py   one mail: noted, handed over, noted again
    words.py     what the mails say: pure, from values
    owed.py      what of it is still to be told
    proof.py     the next edition, before it goes out
    waiting.py   what waits at the provider, and until when it can be taken back

Nothing in here stops a send or changes what it came to. Each thing is written down before it is
mailed, and told once; what an interrupted run did not get to say, a later one finds out again.
"""
