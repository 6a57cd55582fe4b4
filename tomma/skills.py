"""What some bins ask of their truck, such as a crane, a lift or a key: words that the city makes up itself."""

from tomma.bounds import check_words

SKILL_LETTERS = 40


def check_skills(skills: frozenset[str]) -> None:
    """Raise BoundError unless each is a word that a form has room for."""
    for skill in skills:
        check_words("skills", skill, 1, SKILL_LETTERS, told_as="a skill")
