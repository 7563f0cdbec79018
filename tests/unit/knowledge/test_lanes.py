"""What a trade lane asks for is a file, and an unknown lane is told as such."""

from pathlib import Path

import pytest

from knowledge import lanes

CARRIAGE_BY_SEA = "bill_of_lading|arrival_notice"


def documents(origin: str, destination: str, mode: str, *, claimed: bool = False) -> list[str]:
    wanted = lanes.profile(origin, destination, mode).documents
    return [need.name for need in wanted if claimed or need.when == "always"]


@pytest.mark.parametrize(
    ("origin", "destination", "mode", "expected"),
    [
        ("CN", "US", "ocean", ["commercial_invoice", "packing_list", CARRIAGE_BY_SEA]),
        ("CN", "US", "air", ["commercial_invoice", "packing_list", "air_waybill|arrival_notice"]),
        ("US", "DE", "ocean", ["commercial_invoice", "packing_list", "bill_of_lading|air_waybill", "certificate_of_origin"]),
        ("MX", "CA", "truck", ["commercial_invoice", "packing_list", "bill_of_lading|air_waybill"]),
        ("MX", "US", "truck", ["commercial_invoice", "packing_list", CARRIAGE_BY_SEA]),
    ],
)  # fmt: skip
def test_each_lane_has_its_own_list_of_documents(origin, destination, mode, expected) -> None:
    assert documents(origin, destination, mode) == expected


def test_a_certificate_is_asked_for_only_where_a_preference_is_claimed() -> None:
    assert "certificate_of_origin" not in documents("MX", "US", "truck")
    assert "certificate_of_origin" in documents("MX", "US", "truck", claimed=True)


@pytest.mark.parametrize(
    ("origin", "destination", "mode", "words"),
    [
        ("CN", "BR", "ocean", "no lane profile for CN to BR by ocean"),
        ("KP", "US", "ocean", "no lane profile for KP to US by ocean"),
        ("CN", "US", "truck", "no lane profile for CN to US by truck"),
        (None, "US", "ocean", "the country of origin is not stated"),
        (None, None, "air", "the country of origin and the country of destination are not stated"),
    ],
)
def test_an_unknown_lane_is_an_exception_and_no_default(origin, destination, mode, words) -> None:
    with pytest.raises(lanes.UnknownLane, match=words):
        lanes.profile(origin, destination, mode)


def test_a_new_lane_is_one_file_and_stands_before_ours(tmp_path: Path) -> None:
    ours = (lanes.HERE / "any-us-air.toml").read_text()
    (tmp_path / "jp-us-air.toml").write_text(
        ours.replace('origins = ["any"]', 'origins = ["JP"]').replace("any to US, air", "JP by air")
    )
    found = lanes.load(tmp_path)
    assert found.profile("JP", "US", "air").name == "JP by air"
    assert found.profile("KR", "US", "air").name == "any to US, air"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("name = ", "is no TOML"),
        ('name = "x"\nedition = "1"\norigins = ["XX"]\ndestinations = ["US"]\nmodes = ["air"]', "XX is no country"),
        ('name = "x"\nedition = "1"\norigins = ["JP"]\ndestinations = ["US"]\nmodes = ["mule"]\n[[documents]]\nname = "packing_list"\nbecause = "x"', "modes"),
        ('name = "x"\nedition = "1"\norigins = ["JP"]\ndestinations = ["US"]\nmodes = ["air"]\n[[documents]]\nname = "poem"\nbecause = "x"', "poem is no kind of document"),
    ],
)  # fmt: skip
def test_a_lane_that_is_not_right_is_refused_with_its_file_and_place(
    tmp_path, wrong, words
) -> None:
    (tmp_path / "wrong.toml").write_text(wrong)
    with pytest.raises(lanes.BadLane, match=f"wrong.toml.*{words}"):
        lanes.load(tmp_path)
