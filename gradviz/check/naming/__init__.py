"""Which rule was broken, at which gate, and the sentence that says so."""
