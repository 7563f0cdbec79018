"""How much one peer may ask of the intake server: connections at once, and per minute.

Peers in spared networks (our own relay, this machine) are counted but never refused and never kept
waiting. Counts live in memory: a restart forgets them, which harms nobody. Nothing here refuses a
mail for good; who was too quick may come again.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_MINUTE = 60.0
_MOST_REMEMBERED = 10_000  #: peers
HERE: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True)
class Manners:
    """What the settings allow."""

    connections: int = 200  #: in all
    connections_of_one: int = 20
    connections_a_minute: int = 60  #: of one peer
    mails_a_minute: int = 120  #: of one peer
    greeting_seconds: float = 3.0  #: until we greet; who speaks before is refused
    idle_seconds: float = 300.0  #: RFC 5321 4.5.3.2.7 asks for five minutes
    spared: tuple[Network, ...] = HERE


class Guests:
    """Who is here, and how often they came lately."""

    def __init__(self, manners: Manners, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._manners, self._clock = manners, clock
        self._here: Counter[str] = Counter()
        self._came: OrderedDict[str, deque[float]] = OrderedDict()
        self._wrote: OrderedDict[str, deque[float]] = OrderedDict()

    def come(self, who: str) -> str | None:
        """Count a connection; why it is refused, or None. A refused one is not to `leave`."""
        manners = self._manners
        if self._here.total() >= manners.connections:
            return "421 4.7.0 Too many connections here now; please try again later"
        if not self.spared(who):
            if self._here[who] >= manners.connections_of_one:
                return f"421 4.7.0 Too many connections from {who} at once; please close some"
            if not self._within(self._came, who, manners.connections_a_minute):
                return f"421 4.7.0 Too many connections from {who}; please wait a minute"
        self._here[who] += 1
        return None

    def leave(self, who: str) -> None:
        """A connection has ended."""
        self._here[who] -= 1
        if not self._here[who]:
            del self._here[who]

    def write(self, who: str) -> str | None:
        """Count a mail that is begun; why it is refused for now, or None."""
        if self.spared(who) or self._within(self._wrote, who, self._manners.mails_a_minute):
            return None
        return f"450 4.7.1 More mails a minute than we take from {who}; please try again later"

    def spared(self, who: str) -> bool:
        """Whether this peer is ours."""
        address = _address(who)
        return address is not None and any(
            address.version == one.version and address in one for one in self._manners.spared
        )

    def _within(self, seen: OrderedDict[str, deque[float]], who: str, most: int) -> bool:
        now = self._clock()
        times = seen.setdefault(_block(who), deque())
        seen.move_to_end(_block(who))
        while times and times[0] <= now - _MINUTE:
            times.popleft()
        while len(seen) > _MOST_REMEMBERED:
            seen.popitem(last=False)
        if len(times) >= most:
            return False
        times.append(now)
        return True


def networks(written: Sequence[object]) -> tuple[Network, ...]:
    """Networks of the settings, and this machine."""
    return (*HERE, *(ip_network(str(one)) for one in written))


def _address(who: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(who.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _block(who: str) -> str:
    """One peer: an IPv4 address, or the /64 that one customer of IPv6 has."""
    found = _address(who)
    if isinstance(found, IPv6Address):
        return str(ip_network(f"{found}/64", strict=False))
    return str(found or who)
