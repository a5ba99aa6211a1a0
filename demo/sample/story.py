"""What the sample tells: which messages the team sent in six weeks, and what people wrote back."""

from __future__ import annotations

from dataclasses import dataclass

SMS, WHATSAPP = "twlo", "twlowa"
PATIENTS, DUE, GUESTS = "patients", "due", "guests"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A campaign of so many days ago, at this hour and minute; `by_second`: by the colleague."""

    days_ago: int
    hour: int
    name: str
    provider: str
    audience: str
    text: str
    by_second: bool = False
    minute: int = 0


CHAPTERS = (
    Chapter(
        *(41, 10, "New opening hours", SMS, PATIENTS),
        "Riverside Dental: from Monday we are open until 7 pm on weekdays. Reply STOP to opt out.",
    ),
    Chapter(
        *(38, 15, "Check-up reminder, first", SMS, DUE),
        "It is time for your check-up. Call 202-555-0100 or reply here. Reply STOP to opt out.",
        by_second=True,
    ),
    Chapter(
        *(34, 9, "Welcome to WhatsApp", WHATSAPP, GUESTS),
        "Hello from Riverside Dental! You can reach us here now. Write STOP to opt out.",
    ),
    Chapter(
        *(31, 11, "Dr. Osei is back", SMS, PATIENTS),
        "Dr. Osei is back from leave and has free appointments this week. Reply STOP to opt out.",
    ),
    Chapter(
        *(27, 16, "Check-up reminder, second", SMS, DUE),
        "We have kept a check-up appointment for you. Reply YES and we call you. STOP to opt out.",
        by_second=True,
    ),
    Chapter(
        *(24, 10, "Parking on Mill Street", WHATSAPP, GUESTS),
        "Mill Street is closed until Friday. Please park behind the market hall.",
        minute=30,
    ),
    Chapter(
        *(20, 13, "Whitening week", SMS, PATIENTS),
        "Whitening at half price this week. Book at riverside.example. Reply STOP to opt out.",
    ),
    Chapter(
        *(16, 9, "Open house", WHATSAPP, GUESTS),
        "Come and see our new rooms on Saturday, 10 am to 2 pm. Coffee and cake for everybody.",
        by_second=True,
    ),
    Chapter(
        *(13, 14, "Insurance cards", SMS, DUE),
        "Please bring your new insurance card to your next visit. Reply STOP to opt out.",
        by_second=True,
    ),
    Chapter(
        *(9, 10, "Closed on Monday", SMS, PATIENTS),
        "We are closed on Monday for training. In an emergency call 202-555-0101. STOP to opt out.",
    ),
    Chapter(
        *(6, 12, "How was your visit?", WHATSAPP, GUESTS),
        "How was your last visit? A short answer helps us a lot.",
    ),
    Chapter(
        *(2, 9, "Check-up reminder, third", SMS, DUE),
        "Last free check-ups this month: reply YES and we call you. Reply STOP to opt out.",
        by_second=True,
        minute=30,
    ),
)
# Hours ago, and its second job got no clear answer.
QUESTION = Chapter(
    *(0, 3, "Evening appointments", SMS, DUE),
    "New: evening appointments on Thursdays. Reply YES for one. Reply STOP to opt out.",
)
# Tomorrow; the engine sends it.
AHEAD = Chapter(
    *(-1, 10, "Flu season", SMS, PATIENTS),
    "Please tell us if you have a cold, and we move your appointment. Reply STOP to opt out.",
)

REPLIES = (
    "Yes please",
    "Thank you!",
    "Can I come on Thursday instead?",
    "What does it cost?",
    "Great, see you then",
    "Who is this?",
    "YES",
    "I moved to another city, but thanks",
    "Do you have anything after 5?",
)
STOPS = ("STOP", "Stop please", "stop")
DOUBT = "Can you stop sending me these in the evening?"

# Approved WhatsApp templates, and one that still waits: name, language, category, status, text,
# and what its button says.
TEMPLATES = (
    (
        *("Check-up due", "en", "marketing", "approved"),
        "Hi {{1}}, your last check-up was on {{2}}. Book the next below. Reply STOP to opt out.",
        "Book a visit",
    ),
    (
        *("Appointment reminder", "en", "utility", "approved"),
        "Hi {{1}}, your appointment is on {{2}}. Reply to this message to change it.",
        "",
    ),
    (*("Opening hours", "en", "utility", "waiting"), "We are closed from {{1}} to {{2}}.", ""),
)

# Names and folders of what was kept to begin with, and the chapter it says.
SAVED = (
    ("Check-up reminder", "Reminders", 12),
    ("Closed for a day", "News", 10),
    ("How was your visit?", "", 11),
)
