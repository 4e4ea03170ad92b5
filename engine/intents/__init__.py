"""What a document asks for: the intent model, from its examples to its versions.

    space.py      where an intent's examples lie among the encoder's vectors, and the signs that a text lies there too
    head.py       the classifier over them: trains in seconds, says how sure it may be, abstains, gives reasons
    swift.py      the same arithmetic, made ready for one text at a time
    several.py    several intents in one message, each a question of its own
    versions.py   what was learned when, from what, how well; which version answers, and the way back

`engine/gist.py` chooses what of a document they read; `engine/tuning/intents.py` moves the encoder itself.
"""
