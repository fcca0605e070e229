"""``forensics schema``."""

from __future__ import annotations

import json

import click

import forensics


@click.command(epilog="Example: forensics schema roster --json > roster.schema.json")
@click.argument("table", metavar="TABLE", type=click.Choice(["returns", "roster", "coding", "observers"]))
@click.option("--json", "as_json", is_flag=True, help="Print the schema itself.")
def command(table: str, as_json: bool) -> None:
    """Columns of a TABLE: returns, roster, coding or observers.

    With --json, the published Frictionless Table Schema, for programs that check files before they
    are sent.
    """
    schema = forensics.schema(table)
    if as_json:
        click.echo(json.dumps(schema, indent=1, ensure_ascii=False))
        return
    click.echo(f"{schema['title']}. {schema['description']}\n")
    for field in (*schema["fields"], *schema.get("patternFields", [])):
        rules = field.get("constraints", {})
        words = [field["type"]]
        words += ["needed"] if field.get("needed") else []
        words += [f"one of {', '.join(rules['enum'])}"] if "enum" in rules else []
        if "minimum" in rules:
            words.append(
                f"from {rules['minimum']}" + (f" to {rules['maximum']}" if "maximum" in rules else "")
            )
        click.echo(
            f"{field.get('name') or field['pattern']:28} {field['description']} ({'; '.join(words)})"
        )
