"""What the people of the demo trust say at reviews: made-up words, in the plain English of a school."""

PUPIL = (
    ("spoken", "I like it when I can start with the circuit. Then my legs are quiet."),
    ("spoken", "Maths in class was okay because I knew I could use my card."),
    ("drawn", "A house with a big door and me inside the cocoon, smiling."),
    ("spoken", "I want to eat lunch in the hall with my friends but near the wall."),
    ("written", "I can count to ten and ask. I did it two times."),
    ("symbol", "Thumb in the middle for class, thumb up for The Bubble."),
    ("declined", None),
    ("spoken", "It is too loud on the carpet. Can I sit at the side?"),
    ("spoken", "I helped a little one with the till and she said thank you."),
    ("written", "Please tell my teacher I am good at maps."),
)
PARENT = (
    "Mornings are calmer now. We talk about the day on the way in, and there were only two hard starts this month.",
    "We have put the now-and-next board on the fridge as well. It helps with teeth and with bedtime.",
    "I was worried about this at first. I can see a happier child on Fridays.",
    "Weekends are still hard when plans change. We would like the same pictures at home that you use.",
    "Thank you for ringing with good news too, not only when something went wrong.",
    "We would like to know earlier when a supply teacher is coming, so that we can prepare for it.",
)
ASSISTANT = (
    "Asks for a break in words on most days, and comes back within ten minutes.",
    "The walk to class goes best with a job to carry: the register, or the fruit.",
    "Joins the group for stories. Shared writing is still hard: we start with drawing.",
    "Uses the ear defenders without being reminded, and puts them away alone.",
    "Two dysregulated mornings, both after a change of adult; the rest of the weeks were steady.",
)
TEACHER = (
    "Took part in three whole-class lessons this half-term, with the assistant at the back of the room.",
    "Has found a partner for science. I seat the two near the door.",
    "Reading has moved on by one band; writing needs a shorter task and a first sentence to copy.",
    "Knows the class routines by now. Lining up is the hardest minute of the day.",
)
THERAPIST = (
    "Comes willingly. We are working on naming what the body says before it gets big.",
    "Play has become less about chasing and more about building. I would go on weekly.",
)
REFERRER = (
    "We see the difference in class on the days after. We would like to plan two mornings back with us.",
    "The class has kept the place by the window free. Everybody asks when the next visit is.",
)
SENCO = (
    "The support plan was looked at together with the family; the outcomes stand, the strategies were shortened.",
    "We compared this term's profile with the last one: the biggest step is in feeling safe.",
)
DECISIONS = {
    "continue": "All agreed to go on as it is: what helps is working, and it is not yet secure without an adult near.",
    "step_up_reintegration": "Ready for more of the class timetable: two more sessions a week, an assistant there.",
    "exit": "Back in class full time and settled. The toolbox went along; the base stays open as a place to visit.",
}
# text, strand of the instrument, area, baseline, measure
TARGETS: tuple[tuple[str, str, str, str, str], ...] = (
    ("I ask for a break with my card before I leave the room.", "G", "SEMH",
     "Leaves the room without a word about four times a week.",
     "The card is used in four of five breaks, over two weeks."),
    ("I stay with my group for a fifteen-minute task.", "A", "SEMH",
     "Five minutes with an adult beside.", "Fifteen minutes in three lessons out of four."),
    ("I tell an adult which zone I am in, twice a day.", "F", "SEMH",
     "Points at a colour when asked.", "Says it at both check-ins on eight days of ten."),
    ("I join one playground game each day.", "H", "SEMH",
     "Watches from the bench.", "In a game for ten minutes on four days of five."),
    ("I begin my writing with one sentence of my own.", "R", "SLCN",
     "Waits for the sentence to be given.", "Own first sentence in three pieces out of four."),
    ("I use three calm things from my toolbox without being told.", "T", "SEMH",
     "Uses one when an adult brings it.", "Three different ones in a week, noted as uses."),
    ("I say one thing that went well today.", "X", "SEMH",
     "Says that nothing did.", "One thing at the end of four days of five."),
    ("I come into class with the others after lunch.", "C", "SEMH",
     "Comes in ten minutes later with an adult.", "With the others on four days of five."),
)  # fmt: skip
RATED = {
    -2: "Not begun: the weeks were too unsettled. We keep the target and make the step smaller.",
    -1: "On some days. It needs an adult to remind.",
    0: "As we hoped: seen on most days.",
    1: "More often than we hoped, and in class as well.",
    2: "Far better than we hoped; no reminder needed any more.",
}
ADDENDA = (
    "The family rang the week after: the new bedtime pictures work. They asked for a second set.",
    "Correction to the notes: the therapist was told of the meeting but could not come.",
    "Headteacher: read, and glad to see the two mornings in class.",
)
