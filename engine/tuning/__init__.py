"""Learning on the device: how the encoder itself is trained, for intents and for retrieval.

Only what is in here imports torch. It runs when the machine is idle or a person asks for it, in an
engine process that may be killed at any moment: what is learned goes live only when it is whole on
disk and has won on examples it had not seen.

    _encoder.py    a sentence encoder as a torch module: vectors with gradients, saved as a folder
    intents.py     moves the encoder so that an intent's messages lie together
    retriever.py   moves a collection's search towards the passages that people chose
"""
