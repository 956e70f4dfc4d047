"""Defaults from a ``[tool.gradviz]`` table in ``gradviz.toml`` or ``pyproject.toml``.

The nearest file counts, from the working directory upwards. Its keys are option names; a table such as
``[tool.gradviz.render]`` is for one command. The command line wins over the environment (``GRADVIZ_THEME``,
``GRADVIZ_RENDER_THEME``), which wins over the file.
"""

from __future__ import annotations

import os
from typing import Any

import click
from click.core import ParameterSource

from gradviz.errors import GradvizError, did_you_mean

_NAMES = ("gradviz.toml", "pyproject.toml")
_FILE = "gradviz.config"


def defaults(group: click.Group, ctx: click.Context) -> dict[str, dict[str, Any]]:
    """The defaults for every command, as click's default map; empty without a file.

    Raises:
        GradvizError: the file does not read, or a key is no option.
    """
    found = _find()
    if found is None:
        return {}
    name, table = found
    ctx.meta[_FILE] = name
    options = {command: _preferences(group, ctx, command) for command in group.list_commands(ctx)}
    everywhere = {option for own in options.values() for option in own}
    general: dict[str, Any] = {}
    special: dict[str, dict[str, Any]] = {}
    for key, setting in table.items():
        if isinstance(setting, dict):
            if key not in options:
                raise _unknown(name, f"[tool.gradviz.{key}]", "command", key, list(options))
            special[key] = {
                _checked(name, inner, setting[inner], options[key], f" in [tool.gradviz.{key}]"): setting[inner]
                for inner in setting
            }
        else:
            general[_checked(name, key, setting, everywhere, "")] = setting
    return {
        command: {
            option: _plain(setting)
            for option, setting in {**general, **special.get(command, {})}.items()
            if option in own
        }
        for command, own in options.items()
    }


def where_from(ctx: click.Context, option: str) -> str | None:
    """Where an option's value came from, if not from the command line."""
    source = ctx.get_parameter_source(option)
    if source is ParameterSource.ENVIRONMENT:
        return f"the environment variable {environment_name(ctx, option)}"
    if source is ParameterSource.DEFAULT_MAP:
        return str(ctx.meta.get(_FILE, "the configuration file"))
    return None


def environment_name(ctx: click.Context, option: str) -> str | None:
    """The environment variable that gives an option its value: the command's own, else the general one."""
    for name in (f"GRADVIZ_{ctx.command.name}_{option}".upper(), f"GRADVIZ_{option}".upper()):
        if os.environ.get(name):
            return name
    return None


def _find() -> tuple[str, dict[str, Any]] | None:
    """The nearest file with our table: its name as seen from here, and the table."""
    folder = ""
    try:
        os.getcwd()
    except OSError:  # the folder we stand in is gone
        return None
    while True:
        for base in _NAMES:
            path = os.path.join(folder, base)
            try:
                with open(path, "rb") as file:
                    content = file.read()
            except OSError:
                continue  # most folders have none
            if b"gradviz" in content or base == "gradviz.toml":
                table = _read(path, base, content)
                if table is not None:
                    return path, table
        above = os.path.join("..", folder)
        if os.path.abspath(above) == os.path.abspath(folder):
            return None
        folder = above


def _read(path: str, base: str, content: bytes) -> dict[str, Any] | None:
    import tomllib

    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GradvizError(f"{path} does not read as TOML: {error}") from None
    tool = document.get("tool", {})
    table = tool.get("gradviz") if isinstance(tool, dict) else None
    if table is None and base == "gradviz.toml":
        table = document
    if table is not None and not isinstance(table, dict):
        raise GradvizError(f"{path}: gradviz under [tool] is no table", hint="[tool.gradviz]")
    return table


def _preferences(group: click.Group, ctx: click.Context, name: str) -> set[str]:
    from gradviz.cli.options import Option

    command = group.get_command(ctx, name)
    assert command is not None
    return {p.name for p in command.params if isinstance(p, Option) and p.preference and p.name}


def _checked(file: str, key: str, setting: Any, known: set[str], where: str) -> str:
    option = key.replace("-", "_")
    if option not in known:
        raise _unknown(file, key + where, "option", option, sorted(known))
    if not isinstance(setting, (str, int, float, bool, list)):
        raise GradvizError(f"{file}: {key} cannot be {setting!r}", expected="a text, a number or true or false")
    return option


def _unknown(file: str, shown: str, what: str, word: str, known: list[str]) -> GradvizError:
    near = did_you_mean(word, known)
    return GradvizError(
        f"{file}: {shown} is no {what} of gradviz",
        expected="one of " + ", ".join(k.replace("_", "-") for k in known),
        hint=near and near.replace("_", "-"),
    )


def _plain(setting: Any) -> Any:
    return ",".join(map(str, setting)) if isinstance(setting, list) else setting
