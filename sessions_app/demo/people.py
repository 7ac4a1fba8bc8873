"""Invented people. Any likeness to somebody alive is chance; phone numbers are fictional ranges."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

_GIVEN = """
    Ada Amir Anouk Asha Bao Bela Bram Carla Cleo Dara Dilan Edda Elif Emre Esme Farid Fenna
    Filip Gala Goran Hana Hugo Ida Ilse Imre Ines Ivo Jana Joris Juno Kaan Kira Lale Lars Leila
    Lior Luca Mara Milo Mina Nadim Nell Nico Nora Odin Olga Oskar Paz Petra Quinn Rafi Rhea Rosa
    Rune Sami Selma Silas Sunniva Tariq Tess Tilde Ugo Una Vera Viggo Wanda Wim Xenia Yara Yusuf
    Zoe
"""
_FAMILY = """
    Abendrot Ahlgren Amsel Birkenau Blomster Brightwater Calder Corvane Dunmore Eibenholz Elster
    Farnham-Lake Fennick Glanville Goldammer Hawthorn Heidewind Isengrim Jasmund Kestrel
    Kornblum Larkspur Lindqvist-Moor Marigold Meadowes Moorland Nachtigall Northway Oakenfold
    Osprey Pimpernel Quillfeather Rainsford Rotkehl Saffronwell Silberling Tannhain Thistlewood
    Ulmenhof Vale Wacholder Westering Wildgrube Yarrow Zaunkoenig
"""
GIVEN, FAMILY = _GIVEN.split(), _FAMILY.split()
ALLERGIES = ("none known",) * 6 + ("penicillin (rash)", "latex", "ibuprofen (wheeze)", "")
MEDICINES = {
    "depression": (
        "venlafaxine 150 mg",
        "sertraline 100 mg",
        "mirtazapine 30 mg",
        "lithium 900 mg, quetiapine 50 mg",
        "bupropion 300 mg, lorazepam 1 mg as needed",
        "none",
    ),
    "chronic_pain": (
        "pregabalin 150 mg",
        "duloxetine 60 mg",
        "gabapentin 900 mg, tramadol 50 mg",
        "amitriptyline 25 mg",
    ),
}


@dataclass(frozen=True)
class Person:
    """One invented patient as the intake form asks for them."""

    number: str
    given_name: str
    family_name: str
    birth_date: date
    phone: str
    allergies: str
    medicines: str
    escort_name: str
    safety_contact_name: str


def invented_people(rng: random.Random, count: int, today: date, first: int) -> list[Person]:
    """`count` different people, adults of 19 to 78 years, numbered from DEMO-`first`."""
    pairs = [(given, family) for given in GIVEN for family in FAMILY]
    people = []
    for index, (given, family) in enumerate(rng.sample(pairs, count)):
        indication = "chronic_pain" if index % 4 == 3 else "depression"
        people.append(
            Person(
                number=f"DEMO-{first + index}",
                given_name=given,
                family_name=family,
                birth_date=today - timedelta(days=rng.randint(19 * 366, 78 * 365)),
                phone=f"+1 555 01{rng.randint(0, 99):02d}",
                allergies=rng.choice(ALLERGIES),
                medicines=rng.choice(MEDICINES[indication]),
                escort_name=f"{rng.choice(GIVEN)} {family}",
                safety_contact_name=f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}",
            )
        )
    return people


def indication_of(index: int) -> str:
    """Every fourth patient is treated for chronic pain."""
    return "chronic_pain" if index % 4 == 3 else "depression"
