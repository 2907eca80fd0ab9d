"""What one seller account needs to log in."""

from dataclasses import dataclass, field, fields

from .const import REGIONS
from .errors import CredentialsError


@dataclass(frozen=True)
class Credentials:
    """An app's LWA id and secret, and one seller's refresh token for it. Surrounding blanks are dropped.

    :ivar region: ``na``, ``eu`` or ``fe``.
    :ivar seller_id: Amazon's seller id (merchant token), e.g. ``A3TH9S8BH6GOGM``.
    """

    region: str
    seller_id: str
    lwa_client_id: str
    lwa_client_secret: str = field(repr=False)
    lwa_refresh_token: str = field(repr=False)

    def __post_init__(self) -> None:
        for entry in fields(self):
            object.__setattr__(self, entry.name, (getattr(self, entry.name) or "").strip())

    def check(self) -> None:
        """Refuse empty values: with one, the library would look for another seller's in the environment.

        :raises CredentialsError: a value is missing.
        """
        labels = {
            "seller_id": ("seller id", "client"),
            "lwa_client_id": ("LWA client id", "client"),
            "lwa_client_secret": ("LWA client secret", "client"),
            "lwa_refresh_token": ("LWA refresh token", "grant"),
        }
        for name, (label, kind) in labels.items():
            if not getattr(self, name):
                raise CredentialsError(f"The {label} is missing.", kind=kind)
        if self.region not in REGIONS:
            raise CredentialsError("The region must be one of: na, eu, fe.", kind="client")

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that no text may show."""
        return (self.lwa_client_secret, self.lwa_refresh_token)
