"""Retention: law → hours that are over → receipt begun → keys destroyed → receipt completed; rows are dropped later.

What flows in: each operator's law, keys, log and store; the time. What flows out: destroyed keys, receipts in the log.
What it must never see: a plate, a question. Nothing here can bring a key back; a clock that goes back revives nothing.

`due` says which hours are over, `receipt` how a receipt writes them down, `receipts` what the log says was destroyed,
`sureness` when the clock is believed, `revived` which keys must not come back; `hours` forgets reads, `months` records'
details, hits and waiting requests; `run` does all of it in order; `listing` shows receipts to people.
"""
