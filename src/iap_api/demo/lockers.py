"""What The Bubble keeps in cupboard and lockers: resources with stock, toolboxes, items, and how they were used."""

from datetime import date, datetime, timedelta

from iap_api.demo.bubble import Stay
from iap_api.demo.terms import school_days
from iap_api.demo.trust import DemoTrust, at
from iap_api.toolbox.lockers import locker_key
from iap_api.toolbox.tables import Resource, Toolbox, ToolboxItem, Use

LOCKERS = (
    "1 Otter", "2 Heron", "3 Badger", "4 Wren", "5 Fox", "6 Newt", "7 Kingfisher", "8 Hare", "9 Owl", "10 Hedgehog",
    "11 Swift", "12 Vole",
)  # fmt: skip
SAFE_BASE, WELLBEING = "classroom_offers_safe_base", "nurture_for_wellbeing"
LEARNING, LANGUAGE = "learning_understood_developmentally", "language_as_communication"
BEHAVIOUR, TRANSITIONS = "behaviour_is_communication", "transitions_matter"
# name, category, zones it helps with, nurture principle, what it is for, risk, stock
CATALOGUE: tuple[tuple[str, str, list[str], str, str, str | None, int], ...] = (
    ("Ear defenders", "sensory", ["yellow", "red"], SAFE_BASE, "For the dining hall and assemblies.", None, 8),
    ("Chewable pencil topper", "sensory", ["yellow"], BEHAVIOUR, "To chew instead of sleeves.",
     "One child each, washed daily; check for bitten edges.", 10),
    ("Weighted lap pad", "calm", ["yellow", "red"], SAFE_BASE, "On the knees during carpet time.",
     "Twenty minutes at most, and never over the chest.", 4),
    ("Sand timer, five minutes", "learning", ["blue", "green"], TRANSITIONS, "Shows how long a task lasts.", None, 6),
    ("Now-and-next board", "communication", ["blue", "yellow"], TRANSITIONS, "Two pictures: this, then that.", None, 8),
    ("Feelings cards", "communication", ["blue", "red"], LANGUAGE, "To point at when words will not come.", None, 6),
    ("Putty", "sensory", ["yellow"], WELLBEING, "For hands that need to move.", "Not for children who eat it.", 9),
    ("Resistance band", "movement", ["blue", "yellow"], LEARNING, "Round the chair legs, to push against.",
     "Check for cracks.", 6),
    ("Break card", "communication", ["red"], BEHAVIOUR, "Put on the table: I am going to the cocoon.", None, 12),
    ("Breathing ball", "calm", ["red"], WELLBEING, "Opens and closes with the breath.", None, 3),
    ("Writing slope", "learning", ["green"], LEARNING, "Brings the page closer.", None, 3),
    ("Photo of home", "calm", ["blue"], SAFE_BASE, "Chosen with the family.", "Not to be copied.", 12),
)  # fmt: skip
ON_SHELVES: tuple[tuple[str, str, list[str], str, str, str | None, int], ...] = (
    ("Rocking seat", "movement", ["yellow"], SAFE_BASE, "By the window; anybody may choose it.", None, 2),
    ("Trampette", "movement", ["blue", "yellow"], WELLBEING, "In the sensory circuit.", "One at a time, socks off.", 1),
)  # fmt: skip
# the strands of need that each helps with, as the shipped catalogue has it for things alike
STRANDS = {
    "Ear defenders": ["A", "F", "Q"], "Chewable pencil topper": ["A", "W"], "Weighted lap pad": ["A", "F", "W"],
    "Sand timer, five minutes": ["A", "C", "G"], "Now-and-next board": ["C", "G", "W"],
    "Feelings cards": ["I", "V", "X"], "Putty": ["A", "T"], "Resistance band": ["A", "T"],
    "Break card": ["G", "T", "W"], "Breathing ball": ["F", "T", "W"], "Writing slope": ["A", "R"],
    "Photo of home": ["F", "U"],
    "Rocking seat": ["A", "T"], "Trampette": ["T", "Q"],
}  # fmt: skip
MADE_OF = {"Resistance band": ["latex"], "Putty": ["dyes", "fragrance"]}
CLEANED = {
    "Chewable pencil topper": "In warm soapy water at the end of each day, and dried in the rack.",
    "Ear defenders": "Cushions wiped between children.",
    "Weighted lap pad": "The cover at 40 degrees on Fridays.",
}
INSTRUCTIONS = ("Two minutes, then choose.", "Ask for it with the card.", "Put it back in the box, then tell an adult.")
WHY = (
    "Asked for it after trying it in the sensory circuit.", "The dining hall is too loud.",
    "Helps with the walk back to class.", "Chosen together with Mum at the last review.",
    "Writes for longer with it.", "Words go missing when it all gets too much.",
)  # fmt: skip
HELPED = ("Went back to the group unasked.", "Said 'better' at the door.", "Put it away tidily and chose a book.")
HARD = ("Needed an adult close by as well.", "Too noisy today: moved to the cocoon.")


def stock(trust: DemoTrust, stays: list[Stay]) -> None:
    """Add the catalogue, a toolbox in a locker for each child, what was issued and returned, and a year of uses."""
    cupboard = [_resource(trust, *about) for about in CATALOGUE]
    shelves = [_resource(trust, *about) for about in ON_SHELVES]
    free = list(LOCKERS)
    items: list[list[ToolboxItem]] = []
    for number, stay in enumerate(stays):
        # the two who have left had lockers that others have now
        locker = free.pop(0) if stay.last is None else LOCKERS[-1 - number % 2]
        items.append(_toolbox(trust, stay, number, locker, cupboard))
    _uses(trust, stays, items, shelves)


def _resource(
    trust: DemoTrust, name: str, category: str, zones: list[str], principle: str, purpose: str, risk: str | None,
    count: int,
) -> Resource:  # fmt: skip
    return trust.add(
        Resource(
            school_id=trust.home, base_id=trust.bubble, name=name, category=category, zones=zones,
            nurture_principle=principle, who_may_use="Every child in the base", purpose=purpose, risk_note=risk,
            strands=STRANDS[name], allergens=MADE_OF.get(name, []), cleaning_note=CLEANED.get(name), stock=count,
        )
    )  # fmt: skip


def _toolbox(trust: DemoTrust, stay: Stay, number: int, locker: str, cupboard: list[Resource]) -> list[ToolboxItem]:
    opened = max(stay.first, trust.opened + timedelta(days=3))
    box = trust.add(
        Toolbox(
            school_id=trust.home, base_id=trust.bubble, pupil_id=stay.pupil.id, locker=locker,
            locker_key=locker_key(locker), note="The label was painted by its owner." if number % 3 == 0 else None,
            ended_on=stay.last,
        ),
        at(opened, 9, 30),
    )  # fmt: skip
    made = []
    for turn in range(4):
        resource = cupboard[(number * 5 + turn * 3) % len(cupboard)]
        issued = opened + timedelta(days=1 + 14 * turn)
        back = _returned(trust, stay, turn, issued)
        if issued >= (stay.last or trust.today) or issued >= trust.today:
            continue
        made.append(
            trust.add(
                ToolboxItem(
                    school_id=trust.home, pupil_id=stay.pupil.id, toolbox_id=box.id, resource_id=resource.id,
                    why=WHY[(number + turn) % len(WHY)],
                    instructions=None if number % 2 else INSTRUCTIONS[(number + turn) % len(INSTRUCTIONS)],
                    issued_at=at(issued, 10), issued_by=trust.accounts["base_lead"],
                    review_on=None if back else trust.today + timedelta(days=7 * (1 + (number + turn) % 6)),
                    returned_at=back, returned_by=trust.accounts["base_lead"] if back else None,
                ),
                at(issued, 10),
            )
        )  # fmt: skip
    return made


def _returned(trust: DemoTrust, stay: Stay, turn: int, issued: date) -> datetime | None:
    if stay.last:
        return at(stay.last, 14, 30)
    back = issued + timedelta(days=90)
    return at(back, 14, 30) if turn == 3 and back < trust.today else None


def _uses(trust: DemoTrust, stays: list[Stay], items: list[list[ToolboxItem]], shelves: list[Resource]) -> None:
    random = trust.random
    for day in school_days(trust.began, trust.today - timedelta(days=1)):
        for number, stay in enumerate(stays):
            if not stay.there(day) or random.random() > 0.18:
                continue
            started = at(day, random.choice((9, 11, 13, 14)), random.randrange(0, 50))
            ended = started + timedelta(minutes=random.randrange(4, 18))
            out = [
                one for one in items[number]
                if one.issued_at < started and (one.returned_at is None or ended <= one.returned_at)
            ]  # fmt: skip
            item = random.choice(out) if out and random.random() < 0.85 else None
            helped = random.choice(("yes", "yes", "yes", "partly", "partly", "no", None))
            calmer = helped in ("yes", "partly")
            trust.add(
                Use(
                    school_id=trust.home, pupil_id=stay.pupil.id, toolbox_item_id=item.id if item else None,
                    resource_id=item.resource_id if item else random.choice(shelves).id,
                    started_at=started, ended_at=ended,
                    zones_before=[random.choice(("yellow", "yellow", "red", "blue"))],
                    zones_after=["green"] if calmer and random.random() < 0.8 else ["yellow"], helped=helped,
                    note=random.choice(HELPED if calmer else HARD) if random.random() < 0.2 else None,
                    recorded_by=trust.accounts[stay.key_adult],
                ),
                ended,
            )  # fmt: skip
