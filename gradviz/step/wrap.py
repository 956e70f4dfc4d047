"""Text in lines of a width, counted in terminal columns."""

from __future__ import annotations

from gradviz.draw.grid.text import char_columns, columns


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of so many columns, broken between words where that can be.

    >>> wrapped("one gate at a time", 9)
    ['one gate', 'at a time']
    """
    lines, line = [], ""
    for word in text.split(" "):
        trial = f"{line} {word}" if line else word
        if columns(trial) <= width:
            line = trial
            continue
        if line:
            lines.append(line)
        line = word
        while columns(line) > width:
            head, used = "", 0
            for char in line:
                if used + char_columns(char) > width:
                    break
                head += char
                used += char_columns(char)
            head = head or line[0]
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line] if line or not lines else lines
