"""Deliver: an edition that was frozen reaches everybody, or the truth about it is kept.

    freezing.py     the bytes and the list of people, fixed
    run.py          one run, from planning to what it came to
    claiming.py     the next batch that may be submitted, and everything that says "not now"
    posting.py      several requests at a time, and each answer settled
    single.py       messages handed over one at a time, as SMTP does
    writing.py      what became of a batch, written down
    counting.py     how far a run is
    recovering.py   what an interrupted run has left
    ids.py          the provider's batch ids: made, closed, cancelled, forgotten
    undoing.py      the admin's word: cancel, reopen, assume
    refusals.py     why something cannot be done with an edition, and what can be instead

Everything is committed before the act it permits (docs/explanation/delivery.md): a process may die
between any two lines, and the next run goes on where the ledger says.
"""
