"""A paper prints what it is given, all of it, and nothing that it is given can do anything."""

import pytest

from tests.unit.papers.reading import pages, words
from workflows.papers import fonts
from workflows.papers.render import CannotRender, preview, render, text, unprintable


def sheet(**more: object) -> dict:
    return {"firm": "Harbor & Pine", "title": "A paper", "ref": "SHP-1", "parts": [], **more}


def said(*paragraphs: str) -> bytes:
    return render("sheet", sheet(parts=[{"paragraphs": list(paragraphs)}]))


@pytest.mark.parametrize(
    "outside",
    [
        '#panic("out")',
        '#read("/etc/passwd")',
        "$ x^2 $ and $broken",
        "a \\ b \\u{41} \\#",
        "@label and <label> and @unknown",
        "`code` and ```typ #1+1```",
        "*not bold* _not italic_ // no comment /* none */ = no heading",
        "[#[[]] }{ )( ~ -- --- ... 'quoted' \"twice\"",
    ],
)  # fmt: skip
def test_text_from_outside_is_printed_and_never_run(outside: str) -> None:
    assert " ".join(outside.split()) in words(said(f"BEFORE {outside} AFTER"))


def test_names_in_chinese_japanese_korean_arabic_hebrew_thai_and_cyrillic_have_glyphs() -> None:
    names = (
        "深圳市光明电子有限公司",
        "株式会社東京",
        "주식회사 한국",
        "شركة",
        "חברה",
        "บริษัท",
        "Общество",
        "Công ty Đồng",
    )
    assert all(fonts.has(one) for name in names for one in name if one != " ")
    assert unprintable(list(names)) == ()
    assert "深圳市光明电子有限公司" in words(said(names[0]))


def test_a_character_that_no_font_has_is_named_and_no_box_is_printed() -> None:
    unknown = chr(0x12000)  # a cuneiform sign
    assert unprintable({"seller": [f"Firm {unknown}"]}) == (unknown,)
    assert "Firm [U+12000]" in words(said(f"Firm {unknown}"))


def test_marks_that_turn_the_direction_of_reading_are_taken_out() -> None:
    assert text("USD \u202e00.01\u202c \u2066x\u2069\x07") == "USD 00.01 x"


def test_a_very_long_word_stays_on_the_page() -> None:
    from pypdfium2 import PdfDocument

    document = PdfDocument(said("W" * 3000))
    page = document[0]
    letters = page.get_textpage()
    rights = [letters.get_charbox(at)[2] for at in range(0, letters.count_chars(), 7)]
    assert max(rights) < page.get_width() - 20
    document.close()


def test_emoji_and_what_is_too_long_do_not_stop_a_paper() -> None:
    made = said("ship 🚢 it", "x " * 5000)
    assert "ship" in words(made)
    assert "…" in words(made)


def test_the_same_facts_give_the_same_bytes() -> None:
    assert said("once") == said("once")


def test_a_long_paper_has_numbered_pages() -> None:
    made = pages(said(*(f"Paragraph {at} {'word ' * 60}" for at in range(60))))
    assert len(made) > 2
    assert f"Page 2 of {len(made)}" in made[1]


def test_the_first_page_is_a_picture() -> None:
    assert preview(said("seen")).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["nothing", "../look", "papers/sheet", ""])
def test_an_unknown_template_is_refused(name: str) -> None:
    with pytest.raises(CannotRender, match="no template"):
        render(name, {})


def test_facts_without_end_are_refused() -> None:
    with pytest.raises(CannotRender, match="more facts"):
        render("sheet", sheet(parts=[{"paragraphs": ["x" * 3900] * 2200}]))
