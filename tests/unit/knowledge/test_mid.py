"""The maker's code as the appendix to 19 CFR part 102 constructs it."""

import pytest

from knowledge.mid import ASSUMED, NAMED, construct

KILN = "5 Kiln Road, Jingdezhen"


@pytest.mark.parametrize(
    ("name", "address", "country", "mid"),
    [
        ("Shenzhen Brightpath Electronics Co., Ltd.", "88 Keji Road, Nanshan, Shenzhen", "CN", "CNSHEBRI88SHE"),
        ("Shenzhen Brightpath Electronics", "88 Keji Road, Nanshan District, Shenzhen 518057, China", "CN", "CNSHEBRI88SHE"),
        ("Amalgamated Plastics Corp.", "11455 Main Street, Suite 9999, Lyon, France", "FR", "FRAMAPLA1145LYO"),
        ("Bergstrom", "12-34-56 Alaska Road, Osaka, Japan", "JP", "JPBER1234OSA"),
        ("A.B.C. Company", KILN, "CN", "CNABCCOM5JIN"),
        ("A B C Company", KILN, "CN", "CNABCCOM5JIN"),
        ("O.A.S.I.S. Corp.", KILN, "CN", "CNOASCOR5JIN"),
        ("Dr. S.A. Smith", KILN, "CN", "CNDRSA5JIN"),
        ("Shavings B L Inc.", KILN, "CN", "CNSHABL5JIN"),
        ("The Embassy of Spain", "Calle Mayor, Madrid", "ES", "ESEMBSPAMAD"),
        ("Rawhide Corp", "7 King Street, Toronto, ON M5V 1A1, Canada", "CA", "XORAWCOR7TOR"),
        ("Léopold Frères", "3 rue Ney, Besançon, France", "FR", "FRLEOFRE3BES"),
    ],
)  # fmt: skip
def test_the_code_is_made_of_name_number_and_city(
    name: str, address: str, country: str, mid: str
) -> None:
    made = construct(name=name, address=address, country=country)
    assert made is not None
    assert (made.mid, made.confidence) == (mid, NAMED)


def test_what_cannot_be_made_is_not_made_and_what_is_assumed_says_so() -> None:
    assert construct(name="Lamps", address="88 Keji Road", country="CN") is None
    assert construct(name="Rawhide", address="7 King Street, Toronto, Canada", country="CA") is None
    made = construct(name="Lamps", address=KILN, country="CN", assumed=True)
    assert made is not None
    assert made.confidence == ASSUMED < 0.85
    assert "no maker is named" in made.because
