"""The codes of what a child may be allergic to: what food must name by law, and what a base's things are made of."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

# The fourteen of Annex II of Regulation (EU) 1169/2011 as retained (Food Information Regulations 2014), then materials.
Allergen = Literal[
    "celery", "cereals_containing_gluten", "crustaceans", "eggs", "fish", "lupin", "milk", "molluscs", "mustard",
    "nuts", "peanuts", "sesame", "soybeans", "sulphites",
    "adhesives", "animal_hair", "dyes", "feathers", "fragrance", "insect_stings", "latex", "nickel", "pollen", "wool",
]  # fmt: skip


def _once(value: list[str]) -> list[str]:
    if len(set(value)) != len(value):
        raise ValueError("names an allergen twice")
    return value


Allergens = Annotated[list[Allergen], Field(max_length=24), AfterValidator(_once)]
