"""What can be set of every source that is an API."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, TypeAdapter, field_validator
from pydantic_core import PydanticCustomError

from alertd.errors import did_you_mean
from alertd.model.units import number
from alertd.wire.settings import Endpoint, Seconds

_SECONDS: TypeAdapter[float] = TypeAdapter(Annotated[Seconds, Field(gt=0)])


def _quota(value: object) -> int:
    amount, _, per = str(value).partition("/")
    try:
        if per.strip() not in ("", "month"):
            raise ValueError
        return int(number(amount))
    except (ValueError, OverflowError):
        raise PydanticCustomError("quota", "expected calls per month such as 10k/month") from None


Quota = Annotated[int, BeforeValidator(_quota)]
"""Billed calls per month: `10k/month`."""


class SourceSettings(Endpoint):
    """`every` is one duration for all fields, or one by field (or by a group's name); what it leaves out has the
    source's own default. `quota` is what the plan allows, None for no end; `per_minute` how many requests a minute
    are made at the most; an answer over `max_body` bytes, unpacked, is refused.
    """

    defaults: ClassVar[Mapping[str, float]]
    """The fields that the source gives, and how often each is asked for, seconds."""
    per_bar: ClassVar[tuple[str, ...]] = ()
    """Those that it gives once per bar, as bars close, besides."""
    groups: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    every: float | dict[str, float] = Field(default_factory=dict)
    quota: Quota | None = None
    per_minute: int | None = Field(default=None, gt=0)
    max_body: int = Field(default=16 * 2**20, gt=0)

    @property
    def pace(self) -> int | None:
        """Requests a minute at the most, None where nobody counts them."""
        return self.per_minute

    @field_validator("every", mode="before")
    @classmethod
    def _intervals(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return _SECONDS.validate_python(value)
        known = [*cls.defaults, *cls.groups]
        for name in value:
            if name not in known:
                hint = did_you_mean(str(name), known) or f"there are {', '.join(known)}"
                raise PydanticCustomError("field", "it has no field {name}; {hint}", {"name": str(name), "hint": hint})
        return {name: _SECONDS.validate_python(every) for name, every in value.items()}

    def interval(self, field: str) -> float:
        """How often a field is asked for, seconds."""
        if not isinstance(self.every, dict):
            return self.every
        names = [field, *(group for group, fields in self.groups.items() if field in fields)]
        return next((self.every[name] for name in names if name in self.every), self.defaults[field])
