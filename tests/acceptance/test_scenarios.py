"""The acceptance scenarios that run whole in one process, by their names.

Each is told beside the other stories of its subject; here it runs, once. What of a
scenario these stories leave out, and which scenarios have no story of their own, is said in
docs/scenarios.md.
"""

from __future__ import annotations

from tests import holding, shadowing
from tests.integration import (
    test_town_powers,
    test_town_release,
    test_town_screening,
)
from tests.town import Town

# Fixtures of those stories.
texts, hold_town = holding.texts, holding.hold_town
world = test_town_release.world


def test_s2_the_power_of_attorney_is_missing_and_its_signature_advances_the_entry(town: Town) -> None:
    test_town_powers.from_the_missing_power_to_the_checked_one(town)


def test_s4_release_waits_for_the_fda_then_everybody_hears_and_the_carrier_is_silent(
    world: test_town_release.World,
) -> None:
    test_town_release.a_release_reaches_everybody_in_their_form_and_the_goods_their_door(world)


def test_s5_to_s8_the_holds_from_their_alert_to_their_end(
    hold_town: Town, texts: holding.Texts
) -> None:
    holding.each_kind_of_hold_from_alert_to_its_end(hold_town, texts)


def test_s9a_a_name_on_the_list_holds_the_shipment(town: Town) -> None:
    test_town_screening.a_match_holds_the_shipment_and_only_compliance_sees_why(town)


def test_s9b_restricted_goods_stop_everything_until_two_let_go(hold_town: Town) -> None:
    holding.restricted_goods_stop_everything_until_two_let_go(hold_town)


def test_s10_in_shadow_people_file_and_the_machine_compares(town: Town) -> None:
    shadowing.people_file_the_machine_compares(town)
