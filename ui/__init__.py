"""The window: shows what the desk's events say, and sends back a few wishes. `window.py` alone wires it."""
