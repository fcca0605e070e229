"""``forensics plot``."""

from __future__ import annotations

import json
from pathlib import Path

import click

import forensics
from forensics import ConfigError
from forensics.cli.inputs import keep_inputs
from forensics.cli.options import open_previous, open_returns, reads_returns, takes_language, takes_previous


@click.command(epilog="Example: forensics plot comet returns.csv --by region --size 16x24 --out comet.pdf")
@click.argument("figure", metavar="FIGURE", required=False)
@reads_returns
@click.option("--list", "listed", is_flag=True, help="Every figure; with --out a sheet of examples.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write: .png, .svg or .pdf.")
@click.option("--by", metavar="LEVEL", help="A panel per unit; for forest, the level of its lines.")
@click.option("--option", metavar="OPTION", help="Option to look at.")
@click.option("--quantity", metavar="Q", help="Which of several pictures: turnout, share, …")
@click.option("--detector", metavar="ID", help="Whose findings, for digit_bars and forest.")
@takes_previous
@click.option("--size", metavar="WxH", help="Centimetres, e.g. 16x10; by default 16 wide.")
@click.option("--dpi", type=float, help="Dots per inch; by default 300, for a screen 144.")
@takes_language
@click.option("--style", default="print", show_default=True, metavar="S", help="print, screen or grey.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything drawn.")
@click.option("--json", "as_json", is_flag=True, help="With --list: print the figures as JSON.")
def command(
    figure: str | None,
    returns: str | None,
    profile: str | None,
    leader: str | None,
    where: str | None,
    listed: bool,
    out: Path | None,
    by: str | None,
    option: str | None,
    quantity: str | None,
    detector: str | None,
    previous: str | None,
    size: str | None,
    dpi: float | None,
    lang: str,
    style: str,
    seed: int,
    as_json: bool,
) -> None:
    """Draw one FIGURE of RETURNS, ready for print, with the data beside it as csv.

    `forensics plot --list` names the figures; `--list --out sheet.png` draws an example of each.
    """
    if listed:
        _list(out, dpi, style, as_json)
        return
    if as_json:
        raise ConfigError("--json prints the list of figures; give it with --list")
    missing = [
        name for name, value in (("FIGURE", figure), ("RETURNS", returns), ("--out", out)) if not value
    ]
    if missing or figure is None or returns is None or out is None:
        raise ConfigError(f"forensics plot needs {' and '.join(missing)}; --list names the figures")
    keep_inputs(out.with_suffix(".csv"), returns, previous)
    forensics.plots.check_target(out, size=_size(size), dpi=dpi, style=style)
    _check_figure(figure, by)
    data = open_returns(returns, profile, leader, where)
    earlier = open_previous(previous, profile, where)
    picture = forensics.make_picture(
        figure,
        data,
        by=by,
        option=option,
        quantity=quantity,
        detector=detector,
        rng=seed,
        **earlier,
    )
    for path in forensics.plots.write(picture, out, size=_size(size), dpi=dpi, style=style, language=lang):
        click.echo(str(path))


def _check_figure(figure: str, by: str | None) -> None:
    """Refuse what cannot be drawn before the returns are read and a detector is run."""
    figures, by_unit = forensics.figure_sources(), forensics.plots.with_panels()
    if figure not in figures:
        raise ConfigError(f"{figure!r} is no figure; the figures are {', '.join(figures)}")
    if by is not None and figure != "forest" and figure not in by_unit:
        raise ConfigError(f"{figure} takes no --by; figures by unit are forest, {', '.join(by_unit)}")


def _size(text: str | None) -> tuple[float, float] | None:
    """Width and height of ``WxH``."""
    if text is None:
        return None
    try:
        width, height = (float(part) for part in text.lower().replace("×", "x").split("x"))
    except ValueError as error:
        raise ConfigError(f"--size {text!r} is not WIDTHxHEIGHT in centimetres, e.g. 16x10") from error
    return width, height


def _list(out: Path | None, dpi: float | None, style: str, as_json: bool) -> None:
    sources = forensics.figure_sources()
    if out is not None:
        click.echo(str(forensics.plots.write_thumbnails(out, dpi=dpi, style=style, names=tuple(sources))))
    elif as_json:
        entries = [{"figure": name, **source.to_dict()} for name, source in sources.items()]
        click.echo(json.dumps(entries, indent=1, ensure_ascii=False))
    else:
        for name, source in sources.items():
            click.echo(f"{name:18} {source.summary}")
            if source.needs or source.detectors:
                needs = ", ".join(source.needs or source.detectors)
                click.echo(f"{'':18}   {'needs' if source.needs else 'from'} {needs}")


# RETURNS is shared with every command, and the only one that can do without is --list.
for _argument in command.params:
    _argument.required = False
