"""The 92 bad tokens, made by hand, for the tests of the verifier and for sending over HTTP."""

import zlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from iap_api.access.signing_keys import SigningKeys
from iap_api.access.tokens import TokenProfile
from tests.access.token_forge import (
    ACCOUNT,
    ALPHABET,
    SIGN_IN,
    Forge,
    as_json,
    b64url,
    hs256,
    own_kid,
    public_members,
    rs256,
    stranger,
)

EVIL = "https://evil.example/keys"

# name, token or Authorization value, the word it must be refused with
Rows = Iterator[tuple[str, str, str]]


@dataclass(frozen=True)
class Attack:
    """Number and name of an attack, the Authorization value, and the word it must be refused with."""

    name: str
    authorization: str
    reason: str


def bad_tokens(
    keys: SigningKeys,
    profile: TokenProfile,
    now: float,
    *,
    account_id: UUID = ACCOUNT,
    sign_in_id: UUID = SIGN_IN,
) -> list[tuple[str, str]]:
    """Return (number and name, Authorization value) of each; over HTTP give a living account and sign-in."""
    return [(a.name, a.authorization) for a in attacks(keys, profile, now, account_id, sign_in_id)]


def sound_tokens_misused(
    keys: SigningKeys,
    profile: TokenProfile,
    now: float,
    *,
    account_id: UUID = ACCOUNT,
    sign_in_id: UUID = SIGN_IN,
) -> list[tuple[str, str]]:
    """Return (number and name, bare token) of four sound tokens only an API that knows more can refuse."""
    forge = Forge(keys, profile, now, account_id, sign_in_id)
    return [
        ("71 jti revoked", forge.token()),
        ("72 sub disabled in the database", forge.token()),
        ("73 token of a client on a route for people",
         forge.token(claims=forge.claims(kind="client", client_id=str(account_id)))),
        ("92 token in query or cookie", forge.token()),
    ]  # fmt: skip


def attacks(
    keys: SigningKeys,
    profile: TokenProfile,
    now: float,
    account_id: UUID = ACCOUNT,
    sign_in_id: UUID = SIGN_IN,
) -> list[Attack]:
    """The whole corpus in the order of the list, each with the reason it must be refused with."""
    return attacks_with(Forge(keys, profile, now, account_id, sign_in_id))


def attacks_with(forge: Forge) -> list[Attack]:
    """The corpus with another forge, for a profile of somebody else: the reasons are those of our own profile."""
    tokens = [
        Attack(name, f"Bearer {token}", reason)
        for group in (_algorithms, _keys, _headers, _times, _claims, _shapes)
        for name, token, reason in group(forge)
    ]
    return tokens + [Attack(*row) for row in _authorizations(forge)]


def _algorithms(f: Forge) -> Rows:
    public = f.key.public_key()
    spki = PublicFormat.SubjectPublicKeyInfo
    pem, der = public.public_bytes(Encoding.PEM, spki), public.public_bytes(Encoding.DER, spki)
    modulus = public.public_numbers().n.to_bytes(256, "big")
    yield "1 none", f.token(f.header(alg="none"), sign=lambda _: b""), "base64"
    yield "1b none with a signature", f.token(f.header(alg="none")), "algorithm"
    yield "2 nOnE", f.token(f.header(alg="nOnE")), "algorithm"
    for name, secret in (
        ("3 HS256 keyed with public PEM", pem), ("4 HS256 keyed with DER", der),
        ("5 HS256 keyed with JWK JSON", as_json(public_members(f.key))),
        ("6 HS256 keyed with modulus", modulus), ("7 HS256 with empty key", b""),
    ):  # fmt: skip
        yield name, f.token(f.header(alg="HS256"), sign=hs256(secret)), "algorithm"
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)

    def rs512(data: bytes) -> bytes:
        return f.key.sign(data, padding.PKCS1v15(), hashes.SHA512())

    def ps256(data: bytes) -> bytes:
        return f.key.sign(data, pss, hashes.SHA256())

    yield "8 RS512 where RS256 is pinned", f.token(f.header(alg="RS512"), sign=rs512), "algorithm"
    yield "8b RS512 signature called RS256", f.token(sign=rs512), "signature"
    yield "9 rs256 in lower case", f.token(f.header(alg="rs256")), "algorithm"
    yield "10 PS256", f.token(f.header(alg="PS256"), sign=ps256), "algorithm"
    for name, alg in (
        ("11 alg list", ["RS256"]), ("12 alg object", {"RS256": True}), ("13 alg null", None),
        ("15 alg number", 256),
    ):  # fmt: skip
        yield name, f.token(f.header(alg=alg)), "algorithm"
    yield "14 alg absent", f.token(f.header("alg")), "algorithm"
    es256 = f.header(alg="ES256")
    yield "16 ES256 with all-zero signature", f.token(es256, sign=lambda _: bytes(64)), "algorithm"
    curve = ec.generate_private_key(ec.SECP384R1())

    def p384(data: bytes) -> bytes:
        r, s = decode_dss_signature(curve.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(48, "big") + s.to_bytes(48, "big")

    yield "17 ES256 with P-384 key", f.token(es256, sign=p384), "algorithm"


def _keys(f: Forge) -> Rows:
    other, theirs = rs256(stranger()), own_kid(stranger())
    jwk = public_members(stranger())
    yield "18 other key, right kid", f.token(sign=other), "signature"
    yield "19 embedded jwk", f.token(f.header(jwk=jwk), sign=other), "header"
    yield "19b embedded jwk and no kid", f.token(f.header("kid", jwk=jwk), sign=other), "header"
    yield "20 jku", f.token(f.header(jku=EVIL, kid=theirs), sign=other), "header"
    yield "21 x5u", f.token(f.header(x5u=EVIL, kid=theirs), sign=other), "header"
    yield "22 jku but right key", f.token(f.header(jku=EVIL)), "header"
    yield "23 x5c", f.token(f.header(x5c=["MIIB"]), sign=other), "header"
    null = f.header(kid="../../../dev/null", alg="HS256")
    yield "24 kid path traversal", f.token(null, sign=hs256(b"")), "key"
    yield "25 kid SQL", f.token(f.header(kid="x' UNION SELECT 'a"), sign=other), "key"
    yield "26 kid list", f.token(f.header(kid=[f.good_header["kid"]])), "key"
    yield "26b kid object", f.token(f.header(kid={"kid": f.good_header["kid"]})), "key"
    yield "27 kid absent", f.token(f.header("kid")), "key"
    foreign = f.claims(iss="https://login.other-trust.example")
    yield "28 kid of another tenant's issuer", f.token(f.header(kid=theirs), foreign, other), "key"
    yield "29 kid of a removed key", f.token(f.header(kid=theirs), sign=other), "key"
    yield "30 key with use=enc", f.token(f.header(kid=theirs, use="enc"), sign=other), "header"
    yield "30b our own key called use=enc", f.token(f.header(use="enc")), "header"


def _headers(f: Forge) -> Rows:
    deep, fits = b"[" * 200_000 + b"]" * 200_000, b"[" * 1500 + b"]" * 1500
    yield "31 crit unknown", f.token(f.header(crit=["urn:example:rule"], **{"urn:example:rule": 1})), "header"
    yield "32 crit b64, b64 false", f.token(f.header(crit=["b64"], b64=False)), "header"
    yield "33 zip DEF", f.token(f.header(zip="DEF"), zlib.compress(as_json(f.good_claims))[2:-4]), "header"
    yield "34 cty JWT, nested", f.token(f.header(cty="JWT"), f.token().encode()), "header"
    yield "35 typ JWT, an ID token replayed", f.token(f.header(typ="JWT")), "type"
    yield "35b typ absent", f.token(f.header("typ")), "type"
    yield "35c typ list", f.token(f.header(typ=["at+jwt"])), "type"
    yield "36 duplicate alg", f.token(as_json(f.good_header).replace(b"{", b'{"alg":"none",', 1)), "json"
    yield "37 header array", f.token([f.good_header]), "json"
    yield "37b header null", f.token(b"null"), "json"
    yield "38 header nested 200,000 deep", f.token(deep), "length"
    yield "38b header nested as deep as fits", f.token(fits), "json"
    yield "38c payload nested as deep as fits", f.token(claims=f.claims_text("scope", fits.decode())), "json"


def _times(f: Forge) -> Rows:
    now, life = f.now, f.profile.lifetime_seconds
    yield "39 expired", f.token(claims=f.claims(iat=now - life, exp=now - 1)), "expired"
    yield "39b expires this second", f.token(claims=f.claims(iat=now - life, exp=now)), "expired"
    yield "40 exp missing", f.token(claims=f.claims("exp")), "claims"
    for name, changes in (
        ("41 exp string", {"exp": str(now + life)}), ("42 exp null", {"exp": None}),
        ("42b exp list", {"exp": [now + life]}), ("42c exp object", {"exp": {"at": now + life}}),
        ("42d iat null", {"iat": None}), ("42e iat list", {"iat": [now]}), ("43 exp true", {"exp": True}),
        ("49 nbf null", {"nbf": None}), ("49b nbf object", {"nbf": {}}),
    ):  # fmt: skip
        yield name, f.token(claims=f.claims(**changes)), "time"
    for name, written in (
        ("44 exp 1e400", "1e400"), ("45 exp NaN", "NaN"), ("45b exp Infinity", "Infinity"),
        ("45c exp with a fraction", f"{now + life}.0"), ("47 exp of 5,000 digits", "9" * 5000),
    ):  # fmt: skip
        yield name, f.token(claims=f.claims_text("exp", written)), "json"
    yield "46 exp in milliseconds", f.token(claims=f.claims(exp=(now + life) * 1000)), "lifetime"
    thousandfold = f.claims(iat=now * 1000, exp=now * 1000 + life)
    yield "46b exp and iat in milliseconds", f.token(claims=thousandfold), "early"
    yield "48 nbf in the future", f.token(claims=f.claims(nbf=now + 3600)), "early"
    yield "50 iat in the future", f.token(claims=f.claims(iat=now + 3600, exp=now + 3600 + life)), "early"
    yield "51 lifetime of 10 years", f.token(claims=f.claims(exp=now + 315_360_000)), "lifetime"
    yield "51b exp before iat", f.token(claims=f.claims(iat=now + 20, exp=now + 10)), "lifetime"


def _claims(f: Forge) -> Rows:
    aud, iss, name_claim = f.profile.audience, f.profile.issuer, f.subject_claim
    sub = f.good_claims[name_claim]
    for name, claim, value, reason in (
        ("52 aud wrong", "aud", "another-api", "audience"),
        ("54 aud in other case", "aud", aud.swapcase(), "audience"),
        ("55 aud substring", "aud", aud[:-1], "audience"),
        ("55b aud longer", "aud", aud + "x", "audience"),
        ("56 aud object", "aud", {aud: True}, "audience"),
        ("57 aud empty list", "aud", [], "audience"),
        ("57b aud list with a number", "aud", [aud, 1], "audience"),
        ("57c aud null", "aud", None, "audience"),
        ("58 iss wrong", "iss", "https://evil.example", "issuer"),
        ("59 iss trailing slash", "iss", iss + "/", "issuer"),
        ("60 iss prefix", "iss", iss + ".evil.example", "issuer"),
        ("60b iss cut short", "iss", iss[:-1], "issuer"),
        ("62 iss list", "iss", [iss], "issuer"),
        ("64 sub empty", name_claim, "", "identifier"),
        ("65 sub number", name_claim, 42, "identifier"), ("66 sub with NUL", name_claim, sub + "\0", "identifier"),
        ("67 sub with a lone surrogate", name_claim, sub[:-1] + "\ud800", "identifier"),
        ("67b sub in capitals", name_claim, sub.upper(), "identifier"),
        ("68 tid of another tenant", "tid", sub, "claims"),
        ("68b hd of another tenant", "hd", "x.example", "claims"),
        ("70 scope list", "scope", ["api"], "scope"), ("70c scope empty", "scope", "", "scope"),
    ):  # fmt: skip
        yield name, f.token(claims=f.claims(**{claim: value})), reason
    for name, claim in (("53 aud", "aud"), ("61 iss", "iss"), ("63 sub", name_claim), ("70b scope", "scope")):
        yield f"{name} missing", f.token(claims=f.claims(claim)), "claims"
    yield "69 duplicate aud", f.token(claims=f.claims_text("aud", f'"another-api","aud":"{aud}"')), "json"


def _shapes(f: Forge) -> Rows:
    text = as_json(f.good_claims)
    for name, payload, reason in (
        ("74 payload array", b"[]", "json"),
        ("74b payload string", b'"api"', "json"),
        ("74c payload empty", b"", "base64"), ("74d payload empty object", b"{}", "claims"),
        ("75 payload not UTF-8", text.replace(b"iap-api", b"iap-ap\xff"), "json"),
        ("76 payload UTF-16", text.decode().encode("utf-16"), "json"),
        ("77 payload with BOM", b"\xef\xbb\xbf" + text, "json"),
        ("78 trailing JSON", text + b"{}", "json"),
        ("79 claim of 2 MB", f.claims(scope="a" * 2_000_000), "length"),
    ):  # fmt: skip
        yield name, f.token(claims=payload), reason
    token = f.token()
    head, body, signature = token.split(".")
    raw = rs256(f.key)(f"{head}.{body}".encode())
    yield "80 signature stripped", f"{head}.{body}.", "base64"
    yield "81 one bit flipped", f"{head}.{body}.{b64url(bytes([raw[0] ^ 1]) + raw[1:])}", "signature"
    yield "82 signature in the standard alphabet", _standard_alphabet(f), "form"
    yield "83 padded with ==", f"{token}==", "form"
    yield "84 junk inside", f"{head}.{body}.{signature[:9]}!*!*{signature[9:]}", "form"
    # 2048 bits leave four bits of the last character unused.
    yield "85 unused bits set", f"{token[:-1]}{ALPHABET[ALPHABET.index(token[-1]) | 1]}", "base64"
    swapped = b64url(as_json(f.claims(sub="01981f3e-8a00-7000-8000-0000000000ff")))
    yield "86 payload swapped", f"{head}.{swapped}.{signature}", "signature"
    yield "87 two segments", f"{head}.{body}", "segments"
    yield "87b four segments", f"{token}.{signature}", "segments"
    yield "87c five segments", f"{head}..{body}.{signature}.{signature}", "segments"
    flat = {"payload": body, "protected": head, "signature": signature}
    yield "88 JSON serialisation", as_json(flat).decode(), "form"
    yield "89 two spaces before", f" {token}", "form"
    for name, junk in (
        ("b space", " "), ("c line feed", "\n"), ("d tab", "\t"), ("e NUL", "\0"), ("f non-ASCII", "\xe9"),
    ):  # fmt: skip
        yield f"89{name} after", token + junk, "form"
        yield f"89{name} inside", f"{head}.{body}{junk}.{signature}", "form"


def _standard_alphabet(f: Forge) -> str:
    for tail in range(100, 200):
        token = f.token(claims=f.claims(jti=f"7d9a3f52-5c1e-4b0a-9d53-0f2f6a1b8{tail}"))
        signing_input = token.rpartition(".")[0]
        standard = b64encode(rs256(f.key)(signing_input.encode())).rstrip(b"=").decode()
        if "+" in standard or "/" in standard:
            return f"{signing_input}.{standard}"
    raise AssertionError("a hundred signatures without one character that differs between the alphabets")


def _authorizations(f: Forge) -> Rows:
    token = f.token()
    yield "90 two Authorization values joined", f"Bearer {token}, Bearer {token}", "form"
    yield "91 bearer twice", f"Bearer Bearer {token}", "form"
    yield "91b bearer twice in lower case", f"bearer bearer {token}", "form"
    yield "91c no scheme", token, "scheme"
    yield "91d another scheme", f"Basic {token}", "scheme"
    yield "91e scheme without a token", "Bearer", "form"
    yield "91f empty value", "", "scheme"
