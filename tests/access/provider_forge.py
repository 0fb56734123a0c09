"""Tokens as each kind of provider writes them, and the attacks that only a provider's token can be, for the tests."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec

from iap_api.access.tokens import TokenProfile
from tests.access.bad_tokens import attacks_with
from tests.access.false_provider import FalseProvider, curve_key, signing_keys
from tests.access.school_sign_in import Google, Microsoft
from tests.access.token_forge import ACCOUNT, SIGN_IN, Forge, Signer, b64url, hs256, rs256

AUDIENCE = "iap-api"
SECRET = b"a secret that somebody shows to the whole world"
_P256, _SIGN_P256 = curve_key(ec.SECP256R1(), "p256")
_P384, _SIGN_P384 = curve_key(ec.SECP384R1(), "p384")
_ENC = signing_keys("for encryption")
_REMOVED = signing_keys("removed")


class ProviderForge(Forge):
    """Makes tokens of one kind for one provider."""

    def __init__(self, provider: FalseProvider, kind: str, now: float) -> None:
        super().__init__(provider.signing, TokenProfile(provider.issuer, AUDIENCE, 3600), now, ACCOUNT, SIGN_IN)
        self.kind, self.provider = kind, provider
        claims: dict[str, dict[str, Any]] = {
            "google": {"sub": str(Google.jo.id), **Google.jo.claims},
            "entra": {"sub": "c2Vj", **Microsoft.jo.claims},
            "other": {"sub": "Jo.Marsh-0042", "client_id": "app", "jti": "1", "scope": "openid"},
        }
        for ours in ("sid", "kind", "client_id", "scope", "jti"):
            del self.good_claims[ours]
        self.good_claims |= {**claims[kind], "jti": "7d9a3f52-5c1e-4b0a-9d53-0f2f6a1b8c4e"}
        if kind == "entra":
            self.subject_claim = "oid"
        if kind != "other":
            self.good_header["typ"] = "JWT"

    @property
    def subject(self) -> str:
        """Who the good token is about."""
        return str(self.good_claims[self.subject_claim])

    @staticmethod
    def show_odd_keys(provider: FalseProvider) -> None:
        """Publish, beside the good key, what an attacker would like to sign with."""
        enc = {**_ENC.jwks()["keys"][0], "kid": "enc", "use": "enc"}
        secret = {"kty": "oct", "kid": "oct", "k": b64url(SECRET)}
        provider.keys = [secret, _P384, enc, *provider.signing.jwks()["keys"], _P256]

    def es256(self) -> str:
        """A good token signed on the curve P-256."""
        return self.token(self.header(alg="ES256", kid="p256"), sign=_SIGN_P256)

    def good(self) -> Iterator[tuple[str, str]]:
        """Tokens that are sound."""
        yield "as usual", self.token()
        yield "ES256", self.es256()
        yield "audience as a list of one", self.token(claims=self.claims(aud=[AUDIENCE]))
        yield "two hours", self.token(claims=self.claims(exp=self.now + 7200))
        yield "a list of groups", self.token(claims=self.claims(groups=["g"] * 20, amr=[["pwd"], ["mfa"]]))
        if self.kind == "google":
            short = self.profile.issuer.partition("://")[2]
            yield "the issuer without its scheme", self.token(claims=self.claims(iss=short))
        if self.kind == "entra":
            yield "idtyp user", self.token(claims=self.claims(idtyp="user"))

    def bad(self, beside: FalseProvider) -> Iterator[tuple[str, str]]:
        """The whole list, and what only a provider's token can be; `beside` is another provider that is trusted."""
        for attack in attacks_with(self):
            yield attack.name, attack.authorization.removeprefix("Bearer ")
        yield from self._keys(beside)
        for name, claims in (
            ("lives two hours and a second", self.claims(exp=self.now + 7201)),
            ("for us and somebody else", self.claims(aud=[AUDIENCE, "another-app"])),
            ("for us twice", self.claims(aud=[AUDIENCE, AUDIENCE])),
            ("a subject of 256 characters", self.claims(**{self.subject_claim: "1" * 256})),
            ("a subject with a blank", self.claims(**{self.subject_claim: "Jo Marsh"})),
            ("a subject that is an address", self.claims(**{self.subject_claim: "jo@willow.example"})),
            ("somebody nobody has linked", self.claims(**{self.subject_claim: self._somebody_else()})),
            ("iat missing", self.claims("iat")),
            ("100 lists", self.claims(groups=[[]] * 100)),
        ):
            yield name, self.token(claims=claims)
        yield "9,000 characters", self.token(claims=self.claims(note="x" * 6_500))
        other_type = "JWT" if self.kind == "other" else "at+jwt"
        yield f"typ {other_type}", self.token(self.header(typ=other_type))
        if self.kind == "google":
            for name, claims in (
                ("no hd", self.claims("hd")), ("hd empty", self.claims(hd="")), ("hd in capitals", self.claims(
                    hd=Google.domain.upper())), ("hd list", self.claims(hd=[Google.domain])),
                ("hd of a longer domain", self.claims(hd=f"not{Google.domain}")),
                ("hd of a domain below", self.claims(hd=f"pupils.{Google.domain}")),
                ("the address of our domain alone", self.claims("hd", email=f"jo@{Google.domain}")),
                ("an issuer with http", self.claims(iss=self.profile.issuer.replace("http", "https", 1))),
            ):  # fmt: skip
                yield name, self.token(claims=claims)
        if self.kind == "entra":
            for name, claims in (
                ("no tid", self.claims("tid")), ("tid of another directory", self.claims(tid=Microsoft.other_tenant)),
                ("tid in capitals", self.claims(tid=Microsoft.tenant.upper())), ("tid list", self.claims(
                    tid=[Microsoft.tenant])), ("an app by itself", self.claims(idtyp="app")),
                ("idtyp list", self.claims(idtyp=["user"])), ("an access token", self.claims(scp="openid")),
                ("oid missing, sub in its place", self.claims("oid", sub=Microsoft.object_id)),
                ("another directory's issuer", self.claims(iss=self.profile.issuer.replace(
                    Microsoft.tenant, Microsoft.other_tenant))),
            ):  # fmt: skip
                yield name, self.token(claims=claims)
        if self.kind == "other":
            for claim in ("client_id", "jti"):
                yield f"no {claim}: no access token", self.token(claims=self.claims(claim))

    def _somebody_else(self) -> str:
        return {"google": "1" * 18, "entra": Microsoft.other_tenant, "other": "jo.marsh-0042"}[self.kind]

    def _keys(self, beside: FalseProvider) -> Iterator[tuple[str, str]]:
        es256 = self.header(alg="ES256", kid="p256")
        theirs: Signer = rs256(Forge(beside.signing, self.profile, self.now, UUID(int=1), UUID(int=1)).key)
        removed: Signer = rs256(Forge(_REMOVED, self.profile, self.now, UUID(int=1), UUID(int=1)).key)
        enc: Signer = rs256(Forge(_ENC, self.profile, self.now, UUID(int=1), UUID(int=1)).key)
        for name, header, sign in (
            ("16 ES256 zero, with a key on that curve", es256, lambda _: bytes(64)),
            ("16 ES256 of nothing", es256, lambda _: b""),
            ("16 ES256 of 63 bytes", es256, lambda _: b"\1" * 63),
            ("16 RS256 header, ES256 key", self.header(kid="p256"), _SIGN_P256),
            ("16 ES256 header, RSA key", self.header(alg="ES256"), _SIGN_P256),
            ("17 ES256 with the P-384 key that is shown", self.header(alg="ES256", kid="p384"), _SIGN_P384),
            ("17 ES384 with it", self.header(alg="ES384", kid="p384"), _SIGN_P384),
            ("3 HS256 with the secret that is shown", self.header(alg="HS256", kid="oct"), hs256(SECRET)),
            ("28 another trusted provider's key", self.header(kid=beside.signing.kid), theirs),
            ("28 another trusted provider's key under our kid", self.header(), theirs),
            ("29 a key that was removed", self.header(kid=_REMOVED.kid), removed),
            ("30 a key with use=enc", self.header(kid="enc"), enc),
        ):
            yield name, self.token(header, sign=sign)
        yield (
            "28 another trusted provider's own token",
            self.token(self.header(kid=beside.signing.kid), self.claims(iss=beside.issuer), theirs),
        )


# sound for one kind of provider, although it is not for us: claims that this kind does not have, or does not read
SOUND = {
    "google": {"35 typ JWT, an ID token replayed", "67b sub in capitals", "68 tid of another tenant"},
    "entra": {"35 typ JWT, an ID token replayed", "68b hd of another tenant"},
    "other": {"68 tid of another tenant", "68b hd of another tenant"},
}  # fmt: skip
# a scope is for resource servers: here the roles are ours, and it opens nothing
SOUND_ALWAYS = {"70 scope list", "70b scope missing", "70c scope empty", "91c no scheme"}
# what is empty is no token but a form without one
NO_TOKEN = {"91f empty value"}
