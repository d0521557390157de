"""Tables of states and steps: who may take which step from where. Tables only; `city.moves` takes the steps."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """`levels`: the posting's area must be of one of these. `apart_from`: actions somebody else must have done.

    `reasons`: choices of which one must be given. `offered` False: only services take this step, no button shows it.
    """

    action: str
    label: str
    sources: tuple
    target: str
    permission: str
    levels: tuple = ()
    reasons: type | None = None
    words_required: bool = False
    apart_from: tuple = ()
    offered: bool = True

    def is_open_to(self, posting):
        return posting.may(self.permission) and (not self.levels or posting.area.level in self.levels)

    @property
    def reason_choices(self):
        return self.reasons.choices if self.reasons else []


class Workflow:
    """`name` names its moves in the database and never changes."""

    def __init__(self, name, *steps):
        self.name = name
        self.steps = {}
        for step in steps:
            self.steps.setdefault(step.action, []).append(step)

    def __iter__(self):
        return (step for steps in self.steps.values() for step in steps)

    def step_from(self, state, action):
        """The step of this name that leads on from the state, or None; an unknown action is a KeyError."""
        return next((step for step in self.steps[action] if state in step.sources), None)

    def steps_for(self, item, posting):
        """What the posting may do with it now, in the order of the table."""
        return [step for step in self if step.offered and item.state in step.sources and step.is_open_to(posting)]
