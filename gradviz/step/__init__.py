"""Stepping through both passes: a debugger for backprop.

``cursor.py`` is the stepper itself, without a terminal; ``app.py`` shows it full screen, ``transcript.py`` as text.
"""
