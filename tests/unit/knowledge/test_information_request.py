"""Customs' forms and possible assists, as their lines are read."""

from knowledge import assists, information_request

HEAD = ["U.S. Customs and Border Protection", "REQUEST FOR INFORMATION"]


def test_only_the_head_of_a_form_is_taken_for_one() -> None:
    assert information_request.form_of(HEAD) == "28"
    assert information_request.form_of(["Customs and Border Protection", "NOTICE OF ACTION"]) == "29"
    assert information_request.form_of(["Our request for information about your prices"]) is None
    assert information_request.form_of(["Homeland Security", "see CBP Form 29"]) == "29"


def test_only_marked_questions_are_asked() -> None:
    lines = ["[ ] (1) packing  [X] (4) assists", "[ ] (5) royalties", "☒ Are you", "related to the seller?"]
    assert information_request.asked(lines) == (("assists", "related party"), True)
    assert information_request.asked(["(4) assists", "(5) royalties"]) == ((), False)


def test_the_officers_words_end_where_the_reply_begins() -> None:
    lines = ["14. CBP Officer message: Please state", "the price.", "15. Reply message", "none"]
    assert information_request.message(lines) == "Please state the price."


def test_possible_assists_need_words_and_an_amount() -> None:
    said = [
        "Injection mould M-7, paid by buyer: EUR 12,000.00",
        "Mold release spray, without amount",
        "Design work in Milan 3400.50",
        "Die cast lamps 120.00",
        "Polyester backpacks 12,000.00",
    ]
    assert [amount for _, amount in assists.mentions(said)] == ["12000.00", "3400.50"]
