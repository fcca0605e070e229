"""The page of shipped profiles, from their files."""

from __future__ import annotations

from pathlib import Path

from rst import heading, indented

from forensics.tables.profiles import FOLDER, load_profile, shipped


def pages(root: Path) -> dict[str, str]:
    """One page of all shipped profiles, each as it is, by path."""
    lines = [
        heading("Shipped profiles"),
        "A profile says which header of a source's files plays which role. These come with the package and",
        "are used by name (``--profile russia-cec``); a profile of your own is a file of the same form:",
        ":doc:`/how-to/profile`.",
        "",
    ]
    for name in shipped():
        text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
        lines += [heading(name, 1), load_profile(name)[1].title + ".", ""]
        lines += [".. code-block:: toml", "", indented(text), ""]
    return {"generated/profiles.rst": "\n".join(lines)}
