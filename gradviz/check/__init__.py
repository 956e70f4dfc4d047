"""Homework: document → claims → verdicts → report, each with the room where its parts stand.

``document`` finds the formulas of a file and ``claims`` says what each states (``reader``); ``problem`` holds the
formulas and numbers they are about; ``equivalence`` decides whether two sides are equal (``deciding``), ``verdicts``
judges every link (``judge``) and names the rule that was broken (``naming``), ``report`` tells what was found
(``reports``). ``checking`` is the whole way.
"""
