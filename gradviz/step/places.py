"""Where in the script a node gets its number."""

from __future__ import annotations

from gradviz.errors import GradvizError, did_you_mean
from gradviz.graph import listed
from gradviz.step.run import Run
from gradviz.step.script import Script, Stage, Step


def node(run: Run, name: str) -> int:
    """The id of a drawn node: what stands inside a box is the box.

    Raises:
        GradvizError: there is no such node, or the output does not depend on it.
    """
    graph, name = run.graph, name.strip()
    if name not in graph.names:
        known = [graph.names[cell.node] for cell in run.view.cells if cell.kind != "const"]
        raise GradvizError(
            f"there is no node called {name!r}", expected="one of " + listed(known), hint=did_you_mean(name, known)
        )
    found = graph.names.index(name)
    if not graph.reaches[found]:
        raise GradvizError(f"{name} takes no part, because {graph.names[graph.output]} does not depend on it")
    return run.script.owner.get(found, found)


def where(script: Script, node: int, stage: Stage) -> int:
    """The position after which a node has its number of a pass: its value, its whole gradient, its update."""
    if stage is Stage.FORWARD:
        return script.computed.get(node, 0)
    start, end = script.ends(stage)
    hits = [p for p in range(start + 1, end + 1) if _concerns(script[p - 1], node)]
    return hits[-1] if hits else start


def _concerns(step: Step, node: int) -> bool:
    """Whether a step brings a node its number: a contribution, the seed, its update."""
    if step.stage is Stage.BACKWARD and not step.is_seed:
        return any(event.operand == node for event in step.crossing)
    return step.node == node
