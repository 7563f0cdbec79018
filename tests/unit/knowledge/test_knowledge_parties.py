from __future__ import annotations

from pathlib import Path

import pytest

from knowledge import parties
from knowledge.parties.names import fold

HEAD = "_id,source,entity_number,type,programs,name,alt_names\n"


def screener(tmp_path: Path, *rows: str) -> parties.ListScreener:
    path = tmp_path / "csl.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return parties.open_screener(path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Rosoboroneksport Trading FZE", "ROSOBORONEXPORT TRADING L.L.C."),
        ("Müller & Söhne GmbH", "Muller and Sohne"),
        ("The Acme Company, Inc.", "ACME"),
        ("S.A. Garza", "SA Garza"),
        ("Завод Восток Ltd", "Zavod Vostok"),
    ],
)
def test_one_name_in_two_spellings_folds_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_a_name_of_legal_forms_only_keeps_them() -> None:
    assert fold("The Company Ltd") == "the company ltd"


@pytest.mark.parametrize(
    "name",
    [
        "Rosoboroneksport Trading FZE",
        "Rosoboronexport Trading",
        "Trading Rosoboroneksport",
        "Blackwater Bay Munitions Middle East Trading LLC",
        "Victor Brasnov",
    ],
)
def test_a_listed_name_or_its_look_alike_is_a_hit(name: str) -> None:
    hits = parties.open_screener(None).hits(name, "AE")
    assert hits
    assert hits[0].score >= 0.88
    assert hits[0].because


@pytest.mark.parametrize(
    "name",
    [
        "Northgate Retail Inc.",
        "Shenzhen Brightpath Electronics Co., Ltd.",
        "Kestrel Outdoor LLC",
        "Hanoi Lotus Bags JSC",
        "Trading FZE",
    ],
)
def test_an_ordinary_name_is_no_hit(name: str) -> None:
    assert list(parties.open_screener(None).hits(name, None)) == []


def test_a_name_that_cannot_be_compared_goes_to_a_person() -> None:
    (hit,) = parties.open_screener(None).hits("— — —", None)
    assert hit.entry_id == "not-comparable"


def test_an_entry_is_told_once_however_many_aliases_match(tmp_path: Path) -> None:
    made = screener(tmp_path, "1,SDN,E-1,Entity,X,Acme Widgets,Acme Widget;Acme Widgets Ltd")
    assert [hit.entry_id for hit in made.hits("Acme Widgets", None)] == ["E-1"]


def test_a_quoted_name_over_two_lines_is_one_entry(tmp_path: Path) -> None:
    made = screener(tmp_path, '1,SDN,E-1,Entity,X,"Acme\nWidgets, Trading",')
    assert [hit.entry_id for hit in made.hits("Acme Widgets Trading", None)] == ["E-1"]


def test_the_demonstration_list_is_not_official_and_says_so() -> None:
    made = parties.open_screener(None)
    assert not made.official
    assert made.edition.startswith("demonstration list")


def test_a_named_list_is_official_and_dated(tmp_path: Path) -> None:
    made = screener(tmp_path, "1,SDN,E-1,Entity,X,Acme Widgets,")
    assert made.official
    assert made.edition.startswith("csl.csv of 20")


def test_a_changed_list_is_another_edition(tmp_path: Path) -> None:
    first = screener(tmp_path, "1,SDN,E-1,Entity,X,Acme Widgets,").edition
    assert screener(tmp_path, "1,SDN,E-1,Entity,X,Acme Widget,").edition != first


def test_a_missing_list_is_an_error_and_no_empty_list(tmp_path: Path) -> None:
    with pytest.raises(parties.BadList, match="nothing can be filed"):
        parties.open_screener(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no column"),
        (HEAD.encode(), "no names"),
        (b"a,b\n1,2\n", "no column"),
        (b"\xff\xfe\x00name", "no CSV in UTF-8"),
        (HEAD.encode() + b'1,s,e,t,p,"' + b"x" * 200_000 + b'",\n', "no CSV"),
    ],
)
def test_an_empty_or_damaged_list_is_an_error(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "csl.csv"
    path.write_bytes(content)
    with pytest.raises(parties.BadList, match=said):
        parties.load(path)
