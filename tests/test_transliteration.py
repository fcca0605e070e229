"""Latin letters beside Cyrillic names: values of the published tables, and where they stand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_report import audit

from forensics.cli.main import main
from forensics.errors import ConfigError
from forensics.report.composing import compose
from forensics.report.folder import write_folder
from forensics.report.transliteration import beside, check_scheme, schemes, transliterated, with_latin


@pytest.mark.parametrize(
    ("scheme", "text", "latin"),
    [
        # BGN/PCGN 1947: е is ye at the beginning of a word and after a vowel, й, ъ, ь.
        ("bgn-ru", "Егоров", "Yegorov"),
        ("bgn-ru", "Объезд", "Ob”yezd"),
        ("bgn-ru", "Щёлково, Юрьев-Польский", "Shchëlkovo, Yur’yev-Pol’skiy"),
        # Examples of the BGN/PCGN 1979 table for Kazakh.
        ("bgn-kk", "Өскемен", "Öskemen"),
        ("bgn-kk", "Әуезов", "Äūezov"),
        ("bgn-kk", "Шиелі", "Shīeli"),
        ("bgn-kk", "Шымкент, Семей, Жамбыл", "Shymkent, Semey, Zhambyl"),
        # ISO 9:1995, table 1: one letter, one sign.
        ("iso-9", "Щучье, Хабаровск", "Ŝučʹe, Habarovsk"),
        ("iso-9", "Қызылорда", "Ķyzylorda"),
        # A sentence of 1902 that descriptions of the 2021 draft show in it.
        ("kk-2021", "Бұрыңғы өткен заманда", "Būryñğy ötken zamanda"),
        ("kk-2021", "үйіне келіп, жалынып, сый, қалайын", "üiıne kelıp, jalynyp, syi, qalaiyn"),
    ],
)
def test_values_of_the_tables(scheme: str, text: str, latin: str) -> None:
    assert transliterated(text, scheme) == latin


@pytest.mark.parametrize("scheme", schemes())
def test_every_letter_has_latin_ones(scheme: str) -> None:
    letters = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя" + ("" if scheme == "bgn-ru" else "әғқңөұүһі")
    for letter in letters + letters.upper():
        assert not any("Ѐ" <= sign <= "ӿ" for sign in transliterated(f"а{letter}а", scheme))
    assert transliterated("Ward 12, North", scheme) == "Ward 12, North"


def test_capitals() -> None:
    assert transliterated("ЩУЧЬЕ", "bgn-ru") == "SHCHUCH’YE"
    assert transliterated("Щучье", "bgn-ru") == "Shchuch’ye"
    # Dotted and dotless capitals are two letters of the draft.
    assert transliterated("Иле Ілгері", "kk-2021") == "İle Ilgerı"


def test_only_names_in_cyrillic_are_doubled() -> None:
    assert beside("Алматы", "bgn-kk") == "Алматы (Almaty)"
    assert beside("Almaty", "bgn-kk") == "Almaty"


def test_units_of_the_page_have_latin_letters_beside_them() -> None:
    document = compose(audit())
    first = document.families[0].results[0]
    table = first.units[0]
    named = replace(table, rows=(("Алматы", *table.rows[0][1:]),))
    family = replace(document.families[0], results=(replace(first, units=(named,)),))
    shown = with_latin(replace(document, families=(family,)), "bgn-kk")
    assert shown.families[0].results[0].units[0].rows[0][0] == "Алматы (Almaty)"
    assert shown.families[0].results[0].units[0].rows[0][1:] == table.rows[0][1:]
    assert with_latin(document, "iso-9") == document  # nothing in Cyrillic there


def test_what_cannot_be_set_is_refused(tmp_path, capsys) -> None:
    with pytest.raises(ConfigError, match="'gost' is no transliteration; there are bgn-ru, bgn-kk, iso-9"):
        check_scheme("gost")
    with pytest.raises(ConfigError, match="on a page in English, not in 'ru'"):
        write_folder(audit(), tmp_path / "out", language="ru", transliterate="iso-9")
    assert not (tmp_path / "out").exists()
    with pytest.raises(SystemExit) as stopped:
        main(["audit", "absent.csv", "--transliterate", "iso-9"])
    assert stopped.value.code == 2
    assert "--out" in capsys.readouterr().err
