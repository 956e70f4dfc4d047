"""How learners go wrong with backprop: the list with its words (``catalogue``), the rules they follow, run on the graph
gate by gate (``wrong_edges``), pass by pass (``wrong_passes``) and for one quantity (``wrong_rules``), a nudge against
each (``nudging``), and the name of a wrong number (``diagnosis``)."""
