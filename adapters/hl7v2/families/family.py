"""What a message family tells the walk."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.hl7v2.walk import HANDLERS, Handler


@dataclass(frozen=True, slots=True)
class Family:
    """`codes` are the message codes (MSH-9.1) it takes.

    `reporting`: OBR makes a DiagnosticReport. `patient_needed`: without a PID there is nothing to keep.
    `differing` replaces handlers of the general walk.
    """

    name: str
    codes: frozenset[str]
    reporting: bool = False
    patient_needed: bool = True
    differing: Mapping[str, Handler] = field(default_factory=dict)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The handlers of the walk for this family."""
        return {**HANDLERS, **self.differing} if self.differing else HANDLERS
