"""Law: what a jurisdiction says, as dated and cited values that the gate, retention and the pages read.

What flows in: YAML files from a folder that the caller names. What flows out: Profiles, LawProfile, Row.
What it must never see: a read, a plate, a key, the network; the loader reads its folder and does no other I/O.

`words` holds the closed lists, `text` the shape of a file, `profile` what the program asks of one version,
`profiles` all of them by id and day, `loading` the strict way in, `comparing` and `checks` what people ask.
"""
