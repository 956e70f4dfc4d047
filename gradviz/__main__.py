"""``python -m gradviz`` is ``gradviz``."""

from gradviz.cli import main

main()
