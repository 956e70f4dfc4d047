"""The parts of ``verdicts``: one link judged, errors and roundings carried on, what is asked for, training steps."""
