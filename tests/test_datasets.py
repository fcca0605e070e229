"""Data sets are found by name, verified by checksum, and downloaded only by `fetch`."""

from __future__ import annotations

import hashlib
import http.server
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from forensics import datasets
from forensics.datasets import Dataset, RegisteredFile
from forensics.errors import ConfigError

ONE = b"precinct,ballots\n1,10\n"
PARTS = {"part1.csv": b"precinct,ballots\n1,10\n", "part2.csv": b"precinct,ballots\n2,20\n"}
SHA_DIGITS = 64


def registered(base: str, name: str, content: bytes) -> RegisteredFile:
    return RegisteredFile(f"{base}/{name}", hashlib.sha256(content).hexdigest(), len(content))


def use_registry(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    """A registry of two invented data sets: one file, and a folder of two."""
    parts = tuple(registered(base, name, content) for name, content in PARTS.items())
    one = Dataset("atlantis-2020", "canonical", "public", (registered(base, "2020.csv.zip", ONE),))
    many = Dataset("lemuria-2020", "canonical", "public", parts)
    monkeypatch.setattr(datasets, "_registry", lambda: {one.name: one, many.name: many})


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing that was fetched on this machine plays a part."""
    monkeypatch.delenv(datasets.VARIABLE, raising=False)
    monkeypatch.setattr(datasets, "_cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def look_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    return lambda *folders: monkeypatch.setenv(datasets.VARIABLE, os.pathsep.join(map(str, folders)))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A publisher on the loopback address, with both data sets of the invented registry."""
    folder = tmp_path / "published"
    folder.mkdir()
    for name, content in {"2020.csv.zip": ONE, **PARTS}.items():
        (folder / name).write_bytes(content)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            return

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        base = f"http://127.0.0.1:{served.server_port}"
        use_registry(monkeypatch, base)
        yield base
        served.shutdown()
        thread.join()


def test_the_registry_is_whole() -> None:
    listed = datasets.list_datasets()
    assert [entry.name for entry in listed] == sorted({entry.name for entry in listed})
    for entry in listed:
        assert entry.profile
        assert entry.licence
        for file in entry.files:
            assert file.url.startswith("https://")
            assert len(file.sha256) == SHA_DIGITS
            assert file.bytes > 0
            assert file.suffix in datasets.SUFFIXES


def test_names_on_disk_follow_the_url() -> None:
    local = {entry.name: entry.local_name for entry in datasets.list_datasets()}
    assert local["russia-2018"] == "russia-2018.csv.zip"
    assert local["sweden-2018-riksdag"] == "sweden-2018-riksdag.xlsx"
    assert local["canada-2015"] == "canada-2015"


def test_profiles_are_known_without_the_files() -> None:
    assert datasets.profile_of("russia-2018") == "russia-cec"
    assert datasets.profile_of("ru2018_president") is None


def test_path_never_downloads(server: str, look_in: Callable[..., None], tmp_path: Path) -> None:
    look_in(tmp_path / "absent")
    with pytest.raises(
        ConfigError, match=r"not on this machine.*absent.*`forensics datasets fetch atlantis-2020`"
    ):
        datasets.path("atlantis-2020")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["atlantis-2020", "atlantis-2020.csv.zip"])
def test_a_registered_file_is_found_with_and_without_its_suffix(
    monkeypatch: pytest.MonkeyPatch, look_in: Callable[..., None], tmp_path: Path, name: str
) -> None:
    use_registry(monkeypatch, "http://127.0.0.1:9")
    (tmp_path / name).write_bytes(ONE)
    look_in(tmp_path / "absent", tmp_path)
    assert datasets.path("atlantis-2020") == tmp_path / name


def test_another_file_under_a_registered_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, look_in: Callable[..., None], tmp_path: Path
) -> None:
    use_registry(monkeypatch, "http://127.0.0.1:9")
    (tmp_path / "atlantis-2020.csv.zip").write_bytes(b"something else")
    look_in(tmp_path)
    expected = hashlib.sha256(ONE).hexdigest()[:12]
    found = hashlib.sha256(b"something else").hexdigest()[:12]
    with pytest.raises(
        ConfigError, match=rf"atlantis-2020\.csv\.zip .*expected .*{expected}.*found .*{found}"
    ):
        datasets.path("atlantis-2020")


def test_a_folder_of_several_files_is_verified(
    monkeypatch: pytest.MonkeyPatch, look_in: Callable[..., None], tmp_path: Path
) -> None:
    use_registry(monkeypatch, "http://127.0.0.1:9")
    folder = tmp_path / "lemuria-2020"
    folder.mkdir()
    look_in(tmp_path)
    (folder / "part1.csv").write_bytes(PARTS["part1.csv"])
    with pytest.raises(ConfigError, match=r"holds 1 of the 2 registered files; missing: part2\.csv"):
        datasets.path("lemuria-2020")
    (folder / "part2.csv").write_bytes(b"changed")
    with pytest.raises(ConfigError, match=r"part2\.csv is not the registered file"):
        datasets.path("lemuria-2020")
    (folder / "part2.csv").write_bytes(PARTS["part2.csv"])
    assert datasets.path("lemuria-2020") == folder


def test_a_folder_of_the_users_own_parts_is_taken(
    monkeypatch: pytest.MonkeyPatch, look_in: Callable[..., None], tmp_path: Path
) -> None:
    use_registry(monkeypatch, "http://127.0.0.1:9")
    (tmp_path / "lemuria-2020").mkdir()
    (tmp_path / "lemuria-2020" / "a.parquet").write_bytes(b"")
    look_in(tmp_path)
    assert datasets.path("lemuria-2020") == tmp_path / "lemuria-2020"


def test_the_first_directory_wins(look_in: Callable[..., None], tmp_path: Path) -> None:
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.csv").write_bytes(ONE)
    look_in(tmp_path / "first", tmp_path / "second")
    assert datasets.path("mine") == tmp_path / "first" / "mine.csv"
    look_in(tmp_path / "second", tmp_path / "first")
    assert datasets.path("mine") == tmp_path / "second" / "mine.csv"


def test_a_stem_that_fits_two_files_is_refused(look_in: Callable[..., None], tmp_path: Path) -> None:
    for name in ("mine.csv", "mine.parquet"):
        (tmp_path / name).write_bytes(ONE)
    look_in(tmp_path)
    with pytest.raises(ConfigError, match=r"'mine' fits mine\.csv and mine\.parquet"):
        datasets.path("mine")
    assert datasets.path("mine.parquet") == tmp_path / "mine.parquet"


@pytest.mark.parametrize("name", ["", ".", "..", "../mine", "below/mine", "/mine"])
def test_a_path_is_no_name(look_in: Callable[..., None], tmp_path: Path, name: str) -> None:
    (tmp_path / "data" / "below").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "data", tmp_path / "data" / "below"):
        (folder / "mine.csv").write_bytes(ONE)
    look_in(tmp_path / "data")
    assert datasets.locate(name) is None


def test_an_unknown_name_says_what_is_known() -> None:
    with pytest.raises(
        ConfigError, match=r"'nowhere' is no data set; .*russia-2018.*FORENSICS_DATA \(not set\)"
    ):
        datasets.path("nowhere")
    with pytest.raises(ConfigError, match="is no data set"):
        datasets.fetch("nowhere")


def test_fetch_keeps_what_it_downloads(server: str, own_cache: Path) -> None:
    seen: list[tuple[int, int]] = []
    fetched = datasets.fetch(
        "atlantis-2020", progress=lambda received, expected: seen.append((received, expected))
    )
    assert fetched == own_cache / "atlantis-2020.csv.zip"
    assert fetched.read_bytes() == ONE
    assert seen[-1] == (len(ONE), len(ONE))
    assert datasets.path("atlantis-2020") == fetched


def test_fetch_takes_the_offline_file_first(
    server: str, look_in: Callable[..., None], tmp_path: Path, own_cache: Path
) -> None:
    (tmp_path / "atlantis-2020.csv.zip").write_bytes(ONE)
    look_in(tmp_path)
    assert datasets.fetch("atlantis-2020") == tmp_path / "atlantis-2020.csv.zip"
    assert not own_cache.exists()


def test_a_broken_download_is_finished_by_the_next(server: str, own_cache: Path) -> None:
    folder = own_cache / "lemuria-2020"
    folder.mkdir(parents=True)
    (folder / "part1.csv").write_bytes(b"half of")
    assert datasets.locate("lemuria-2020") is None
    assert datasets.fetch("lemuria-2020") == folder
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == PARTS


def test_a_changed_file_at_the_publisher_is_refused(
    server: str, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    other = Dataset(
        "atlantis-2020", "canonical", "public", (registered(server, "part1.csv", b"as registered"),)
    )
    monkeypatch.setattr(datasets, "_registry", lambda: {other.name: other})
    with pytest.raises(
        ConfigError, match=r"part1\.csv could not be fetched from 127\.0\.0\.1 \(ValueError\)"
    ):
        datasets.fetch("atlantis-2020")
    assert not (own_cache / "atlantis-2020.csv").exists()


def test_a_dead_network_is_one_sentence(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    gone = Dataset("atlantis-2020", "canonical", "public", (registered(server, "gone.csv", ONE),))
    monkeypatch.setattr(datasets, "_registry", lambda: {gone.name: gone})
    with pytest.raises(
        ConfigError, match=r"\(HTTPError\); try again, or put atlantis-2020\.csv into a directory"
    ):
        datasets.fetch("atlantis-2020")


@pytest.mark.shared
def test_published_files_are_the_registered_ones(shared_data: Path, look_in: Callable[..., None]) -> None:
    look_in(shared_data / "raw", shared_data / "returns")
    here = [entry.name for entry in datasets.list_datasets() if datasets.locate(entry.name)]
    # The README of that folder: the six raw data sets that are shipped beside the project.
    assert here == [
        "albania-2013", "armenia-2018", "canada-2015", "russia-2011", "russia-2018", "sweden-2018-riksdag",
    ]  # fmt: skip
    assert datasets.path("ru2018_president").name == "ru2018_president.parquet"
