"""Names of made-up people."""

from __future__ import annotations

FIRST_NAMES = (
    "Ada Ben Carla Dev Emilia Femi Grace Hugo Ines Jonas Kavya Liam Mara Noor Ola Priya".split()
)
LAST_NAMES = (
    "Abbott Brandt Castillo Duarte Eze Fischer Gupta Haddad Ito Jansen Kowalski Lind".split()
)
DENTISTS = ["Dr. Osei", "Dr. Lind", "Dr. Moreau"]
