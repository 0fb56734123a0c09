"""What the provider says of its people besides their id: as configured, such as Google's `hd` or Microsoft's `oid`."""

from typing import Any

from django.conf import settings
from oauth2_provider.oauth2_validators import OAuth2Validator


class Validator(OAuth2Validator):
    """The toolkit's validator with configured claims."""

    oidc_claim_scope = None

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        """Return the claims of the person who signed in."""
        return dict(settings.CLAIMS[request.user.username])
