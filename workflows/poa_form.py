"""The power of attorney as a form: what is known of the importer filled in, nothing guessed.

The words and the layout stand in `prompts/papers/power_of_attorney.typ`. What an importer's
record brings is data to the form and never markup.
"""

from __future__ import annotations

from storage.columns import now
from storage.mail import one_line
from storage.models import Importer, Shipment
from storage.powers import Form, GrantorKind, Scope, Signatory, Signing
from workflows.booking import match_name
from workflows.papers.render import render
from workflows.poa import PARTNERSHIP_YEARS
from workflows.ports import House

_LONGEST = 300


def filled(
    importer: Importer,
    who: Signatory,
    *,
    shipment: Shipment | None,
    reference: str,
    house: House,
) -> Form:
    """The form of an importer; an address that only its own papers state is taken from them."""
    known = importer.signing or Signing()
    today = now().date()
    ends = None
    if known.kind is GrantorKind.PARTNERSHIP:
        # The day before: whatever the hour of the signature, it is within two years.
        ends = today.replace(year=today.year + PARTNERSHIP_YEARS, day=min(today.day, 28))
    return Form(
        grantor=importer.name,
        kind=known.kind,
        address=known.address or _printed_address(importer, shipment) or "",
        number=known.number,
        state=known.state,
        partners=known.partners,
        nonresident=known.nonresident,
        resident_agent=known.resident_agent,
        signer=who.name,
        title=who.title,
        scope=Scope(),
        expires=ends.isoformat() if ends else None,
        broker=house.firm,
        filer_code=house.filer_code,
        made_on=today.isoformat(),
        reference=reference,
    )


def pdf(form: Form) -> bytes:
    """The form as a PDF. The same facts give the same bytes."""
    facts = form.model_dump(mode="json")
    plain = {
        name: one_line(value)[:_LONGEST] if isinstance(value, str) else value
        for name, value in facts.items()
    }
    plain["partners"] = [one_line(one)[:_LONGEST] for one in form.partners]
    plain["scope_words"] = scope_words(form.scope)
    return render("power_of_attorney", plain)


def fields(form: Form) -> dict[str, str]:
    """The facts by the names that the text fields of a template at a service have."""
    said = {
        "grantor": form.grantor,
        "kind": form.kind.value if form.kind else None,
        "address": form.address,
        "importer_number": form.number,
        "state": form.state,
        "partners": "; ".join(form.partners),
        "resident_agent": form.resident_agent,
        "title": form.title,
        "scope": scope_words(form.scope),
        "expires": form.expires,
        "broker": form.broker,
    }
    return {name: one_line(value)[:_LONGEST] for name, value in said.items() if value}


def scope_words(scope: Scope | None) -> str:
    """What a power covers, in words."""
    if scope is None or not (scope.ports or scope.entry_types):
        return "in all customs districts and at all ports, without limit"
    parts = []
    if scope.ports:
        parts.append(f"at {', '.join(scope.ports)} only")
    if scope.entry_types:
        parts.append(f"for entry types {', '.join(scope.entry_types)} only")
    return " and ".join(parts)


def _printed_address(importer: Importer, shipment: Shipment | None) -> str | None:
    """The address beside the importer's own name on its shipping papers."""
    if shipment is None:
        return None
    for block in (shipment.parties.importer, shipment.parties.consignee):
        if block.name and match_name(block.name) == importer.match_name and block.address:
            return one_line(block.address)
    return None
