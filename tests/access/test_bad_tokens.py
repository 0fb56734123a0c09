"""The 92 bad tokens, and whatever else may be sent as one: each is refused for its reason, none crashes."""

import time
from contextlib import suppress
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iap_api.access.jose_reading import BadToken
from iap_api.access.signing_keys import SigningKeys
from iap_api.access.tokens import NoToken, TokenProfile, Verifier, bearer
from tests.access.bad_tokens import Attack, attacks, bad_tokens, sound_tokens_misused
from tests.access.token_forge import ACCOUNT, ALPHABET, SIGN_IN, Forge, b64url
from tests.counted import count

NOW = 1_800_000_000.75
KEYS = SigningKeys.generate()
PROFILE = TokenProfile("https://iap.willow-trust.example", "iap-api-v1", 900)
CORPUS = attacks(KEYS, PROFILE, NOW)
# 91c is a good token whose scheme is missing.
TOKENS_ONLY = [attack for attack in CORPUS if not attack.name.startswith("91c")]
FORGE = Forge(KEYS, PROFILE, NOW, ACCOUNT, SIGN_IN)
GOOD = FORGE.token()


def refused(token: object, now: float = NOW) -> str:
    """The reason a fresh verifier refuses the token with; fails where it is accepted."""
    with pytest.raises(BadToken) as caught:
        Verifier(KEYS, PROFILE).verify(cast(str, token), now)
    return caught.value.reason


@pytest.mark.parametrize("attack", CORPUS, ids=lambda attack: attack.name)
def test_a_bad_token_is_refused_for_its_own_reason_quickly_and_without_a_trace_of_it(attack: Attack) -> None:
    verifier = Verifier(KEYS, PROFILE)
    started = time.process_time()
    with pytest.raises(BadToken) as caught:
        verifier.verify(bearer([attack.authorization]), NOW)
    spent = time.process_time() - started

    assert caught.value.reason == attack.reason
    assert not isinstance(caught.value, NoToken)
    assert spent < 0.05
    assert str(caught.value) == attack.reason
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    count("tokens refused")


@pytest.mark.parametrize("attack", TOKENS_ONLY, ids=lambda attack: attack.name)
def test_a_bad_token_is_refused_also_where_nobody_looked_at_the_header_first(attack: Attack) -> None:
    assert refused(attack.authorization.removeprefix("Bearer ")) not in (
        "absent",
        "repeated",
        "scheme",
        "form",
    )


def test_the_corpus_holds_all_92_and_only_four_of_them_are_sound_in_themselves() -> None:
    def numbers(names: list[str]) -> set[int]:
        return {int("".join(c for c in name.split()[0] if c.isdigit())) for name in names}

    bad = [name for name, _ in bad_tokens(KEYS, PROFILE, NOW)]
    misused = [name for name, _ in sound_tokens_misused(KEYS, PROFILE, NOW)]
    assert numbers(bad) | numbers(misused) == set(range(1, 93))
    assert numbers(misused) == {71, 72, 73, 92}
    assert len(set(bad)) == len(bad)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("71", "person"), ("72", "person"), ("73", "client"), ("92", "person")],
)
def test_a_sound_token_misused_verifies_so_that_only_the_api_can_refuse_it(name: str, kind: str) -> None:
    (token,) = [t for n, t in sound_tokens_misused(KEYS, PROFILE, NOW) if n.startswith(name)]
    assert Verifier(KEYS, PROFILE).verify(token, NOW).kind == kind


@pytest.mark.parametrize(
    ("claim", "value", "reason"),
    [
        ("kind", "robot", "client"),
        ("kind", ["person"], "client"),
        ("kind", "client", "client"),
        ("client_id", str(ACCOUNT), "client"),
        ("client_id", None, "client"),
        ("sid", "one", "identifier"),
        ("sid", None, "identifier"),
        ("jti", 7, "identifier"),
        ("jti", "{7d9a3f52-5c1e-4b0a-9d53-0f2f6a1b8c4e}", "identifier"),
        ("scope", "api  read", "scope"),
        ("scope", "api\n", "scope"),
        ("roles", ["administrator"], "claims"),
    ],
)
def test_a_well_signed_token_with_a_claim_that_is_not_ours_is_refused(claim: str, value: object, reason: str) -> None:
    assert refused(FORGE.token(claims=FORGE.claims(**{claim: value}))) == reason


def test_a_client_of_a_kind_that_is_not_ours_is_refused() -> None:
    assert refused(FORGE.token(claims=FORGE.claims(kind="robot", client_id=str(ACCOUNT)))) == "client"


def test_a_certificate_thumbprint_that_is_no_text_is_refused() -> None:
    assert refused(FORGE.token(FORGE.header(x5t=["kK9p"]))) == "header"


def test_a_header_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadToken) as caught:
        bearer(["Bearer " + "a." * 4097])
    assert caught.value.reason == "length"


@pytest.mark.parametrize("claim", sorted(FORGE.good_claims))
def test_a_token_lacking_any_claim_is_refused(claim: str) -> None:
    assert refused(FORGE.token(claims=FORGE.claims(claim))) == "claims"


# Whatever is sent


@settings(deadline=None, max_examples=400)
@given(place=st.integers(0, len(GOOD) - 1), character=st.sampled_from(ALPHABET + ".=+/ \0é"))
def test_a_token_with_any_one_character_changed_is_refused(place: int, character: str) -> None:
    changed = GOOD[:place] + character + GOOD[place + 1 :]
    if changed != GOOD:
        refused(changed)


@pytest.mark.parametrize("character", ALPHABET)
def test_no_other_last_character_spells_the_same_signature(character: str) -> None:
    if character != GOOD[-1]:
        refused(GOOD[:-1] + character)


@settings(deadline=None, max_examples=200)
@given(place=st.integers(0, len(GOOD)), more=st.text(min_size=1, max_size=5))
def test_a_token_with_anything_put_in_or_cut_off_is_refused(place: int, more: str) -> None:
    refused(GOOD[:place] + more + GOOD[place:])
    refused(GOOD[: place - 1])


@settings(deadline=None, max_examples=300)
@given(
    text=st.one_of(
        st.text(),
        st.text(alphabet=ALPHABET + ".="),
        st.text(st.characters(categories=["Cs", "Cc"])),
        st.tuples(st.binary(), st.binary(), st.binary()).map(lambda parts: ".".join(map(b64url, parts))),
        st.binary(),
        st.lists(st.text()),
        st.none(),
    )
)
def test_arbitrary_text_and_worse_meets_no_other_exception(text: object) -> None:
    refused(text)
    if isinstance(text, str):
        with suppress(BadToken):
            assert bearer([text, *([] if text else [text])]).isascii()


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300)
@given(
    header=st.sampled_from(["", "alg", "kid", "typ", "x5t", "b64"]),
    claim=st.sampled_from(["", "nbf", *FORGE.good_claims]),
    value=ANY_JSON,
)
def test_any_value_in_any_place_of_a_well_signed_token_is_accepted_or_refused_but_never_crashes(
    header: str, claim: str, value: object
) -> None:
    token = FORGE.token(
        FORGE.header(**({header: value} if header else {})), FORGE.claims(**({claim: value} if claim else {}))
    )
    with suppress(BadToken):
        assert Verifier(KEYS, PROFILE).verify(token, NOW).expires_at <= NOW + PROFILE.lifetime_seconds
