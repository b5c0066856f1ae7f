"""A channel for people too: the outbox and all that is stored have an alias (`~12`) in place of a person's address,
which is opened here, in the moment of sending. So is the code that a mailbox is confirmed by."""

from collections.abc import Callable
from dataclasses import replace

from alertd.bot.people import People
from alertd.errors import DeliveryDelayed, DeliveryMoved, DeliveryRefused
from alertd.model.notification import Delivery, Notification
from alertd.model.people import Account, Role, account_of
from alertd.ports import Bucket, Channel

GONE = "gone"
"""The reason of what was for somebody who has been forgotten, or has taken that way back."""

NOBODY_KNOWN = "nobody_known"
"""The reason of what waits for a `chat:` section, without which no alias can be opened."""


class Aliased:
    """The channel itself for everybody else. `people` says who there are (None: nobody knows, so that what is for them
    waits); `moved` is called with an account whose address has another name now."""

    def __init__(
        self, channel: Channel, people: Callable[[], People | None], moved: Callable[[Account, str], None]
    ) -> None:
        self._channel = channel
        self._people = people
        self._moved = moved
        self.name = channel.name
        self.in_flight = channel.in_flight
        self.remembers = channel.remembers
        self.resends = channel.resends
        self.pictures = channel.pictures

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        number = account_of(address)
        account = self._account(number) if number else None
        if number is None:
            return self._channel.buckets(address)
        if account is None:
            return ()
        return tuple(
            bucket._replace(name=_unnamed(bucket.name, account, address))
            for bucket in self._channel.buckets(account.address)
        )

    async def send(self, delivery: Delivery, now: float) -> str:
        number = account_of(delivery.address)
        if number is None:
            return await self._channel.send(delivery, now)
        people = self._people()
        if people is None:
            raise DeliveryDelayed("the configuration has no `chat:` section", reason=NOBODY_KNOWN)
        account = self._account(number)
        if account is None:
            raise DeliveryRefused("nobody is there any more", reason=GONE)
        if not account.confirmed:
            delivery = delivery._replace(notification=self._with_code(delivery.notification, account, now))
        try:
            ref = await self._channel.send(delivery._replace(address=account.address), now)
        except DeliveryMoved as error:
            self._moved(account, error.to)
            raise DeliveryDelayed("the chat has another address now", reason="moved", retry_after=1.0) from None
        except DeliveryDelayed as error:
            error.bucket = _unnamed(error.bucket, account, delivery.address)
            raise
        except DeliveryRefused as error:
            if error.dead:
                people.lost(account, error.reason, now)
            raise
        people.reached(account)  # which the outbox knows, where an operator had it tried again
        return ref

    async def illustrate(self, delivery: Delivery, ref: str, png: bytes) -> None:
        number = account_of(delivery.address)
        account = self._account(number) if number else None
        if account is not None:
            delivery = delivery._replace(address=account.address)
        if account is not None or number is None:
            await self._channel.illustrate(delivery, ref, png)

    async def close(self) -> None:
        await self._channel.close()

    def _with_code(self, letter: Notification, claim: Account, now: float) -> Notification:
        """What an account gets that is yet to be confirmed."""
        people = self._people()
        code = people.code_for(claim, now) if people else ""
        if not code:
            raise DeliveryRefused("the code is over", reason=GONE)
        return replace(letter, lines=(f"Say to alertd, where you asked for it: link {code}", *letter.lines))

    def _account(self, number: int) -> Account | None:
        """None for whoever is gone, or was banned."""
        people = self._people()
        account = people.account(number) if people else None
        if people is None or account is None or account.identity.channel != self.name:
            return None
        person = people.get(account.person)
        banned = person is not None and person.role is Role.BANNED
        return None if banned else account


def _unnamed(bucket: str, account: Account, alias: str) -> str:
    """A bucket's name as it is stored: what is kept of a pace must not tell the address either."""
    word, colon, rest = bucket.partition(":")
    chat = account.address.partition("/")[0]
    return f"{word}{colon}{alias}" if rest and rest in (account.address, chat) else bucket
