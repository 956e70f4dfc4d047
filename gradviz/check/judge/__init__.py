"""The parts of ``verdicts``: one link judged, errors carried on, the rule that was broken and the gate to blame."""
