"""All that papers know of a shipment, as one value: read once, then everything is pure.

What the documents say comes first; a decided discrepancy stands before it; what a person stated
fills what nobody else says. Nothing is guessed.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from storage.models import State
from storage.values import (
    CountryCode,
    DocumentKind,
    DutyLine,
    Header,
    Parties,
    PartyBlock,
    Totals,
    Transport,
    Value,
    ValueFacts,
)


class File(Value):
    """A document of the shipment that came from outside: what can be evidence."""

    id: int
    kind: DocumentKind
    filename: str


class Goods(Value):
    """One line of goods."""

    number: int
    description: str | None = None
    sku: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    value: Decimal | None = None
    currency: str | None = None
    origin: CountryCode | None = None
    code: str | None = None
    decided: bool = False  #: a broker confirmed the code
    units: tuple[str, ...] = ()  #: in which the tariff counts these goods
    mid: str | None = None
    cases: tuple[tuple[str, str | None, Decimal | None], ...] = ()
    #: AD/CVD: case, rate as printed, deposit in US dollars


class Dossier(Value):
    """A shipment, for papers."""

    ref: str
    firm: str
    filer: str
    today: date
    state: State
    header: Header = Header()
    parties: Parties = Parties()
    transport: Transport = Transport()
    totals: Totals = Totals()
    lines: tuple[Goods, ...] = ()
    importer: str | None = None  #: the importer of record, as our client
    entry_number: str | None = None
    entry_type: str | None = "01"  #: CBP's two digits; None while it is not decided
    confirmed: str | None = None  #: who confirmed the entry, when, under which licence
    duty: tuple[DutyLine, ...] = ()
    advisories: tuple[str, ...] = ()
    value_facts: ValueFacts | None = None
    stated: dict[str, str] = {}
    files: tuple[File, ...] = ()
    decided: dict[str, str] = {}  #: by the field of a discrepancy

    @property
    def currency(self) -> str | None:
        return self.totals.currency or self.header.currency

    @property
    def by_sea(self) -> bool:
        return bool(self.transport.containers or self.transport.vessel)

    def told(self, path: str) -> str | None:
        """What a person stated."""
        return self.stated.get(path)

    def figure(self, path: str) -> Decimal | None:
        """A number that a person stated; one that cannot be read is not known."""
        try:
            found = Decimal(self.stated.get(path, "").replace(",", ""))
        except InvalidOperation:
            return None
        return found if found.is_finite() else None

    def quantity_of(self, line: Goods) -> Decimal | None:
        """A line's quantity, as decided where its sources differed."""
        return _decimal(self.decided.get(f"quantity.{line.number}")) or line.quantity

    @property
    def packages(self) -> int | None:
        """The count of packages, as decided where the sources differed."""
        unit = package_unit(self.totals.packageUnit)
        said = _decimal(self.decided.get(f"packages.{unit}"))
        return int(said) if said is not None else self.totals.packages

    @property
    def gross(self) -> Decimal | None:
        return _decimal(self.decided.get("gross")) or self.totals.grossWeightKg

    @property
    def net(self) -> Decimal | None:
        return _decimal(self.decided.get("net")) or self.totals.netWeightKg

    @property
    def total(self) -> Decimal | None:
        return _decimal(self.decided.get("total")) or self.totals.total

    def party(self, named: PartyBlock, path: str) -> PartyBlock:
        """A party of the documents, completed by what was stated under `path`."""
        name = named.name or self.told(path)
        where = named.address or self.told(f"{path}.address")
        return PartyBlock(name=name, address=where, country=named.country, mid=named.mid)


_UNITS = {
    "pallet": ("pallet", "pallets", "plt", "plts", "pal", "skid", "skids"),
    "carton": ("carton", "cartons", "ctn", "ctns", "box", "boxes", "cs", "case", "cases"),
    "container": ("container", "containers", "cntr"),
}


def package_unit(word: str | None) -> str:
    """One word for the spellings of a kind of package; "package" for what is not told."""
    plain = (word or "").casefold().strip(" .()")
    found = next((unit for unit, spelt in _UNITS.items() if plain in spelt), None)
    if found is not None:
        return found
    return "package" if plain in {"", "pkg", "pkgs", "package", "packages", "pcs"} else plain


def _decimal(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
