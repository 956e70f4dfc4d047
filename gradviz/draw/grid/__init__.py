"""The character grid under the terminal painter: layers, rows, wires, boxes, canvas.

Each file is one step of the way from a View to text: ``text`` (how wide is a string, how is it
spelled in ASCII), ``layers`` (which column, in what order), ``rows`` (which row), ``routes`` (which
track a wire turns on), ``faces`` (what stands in a box), ``canvas`` (characters and styles),
``tape`` (one row a node).
"""
