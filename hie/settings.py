"""The settings of one deployment: environment variables with the prefix `HIE_`, read once by the command line."""

import os
import sys
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that two deployments set differently, and nothing else. `hie settings` prints it described."""

    model_config = SettingsConfigDict(env_prefix="HIE_", extra="forbid")

    data_dir: Path = Field(
        Path(".hie"), description="Folder of keys, witness files, exports and the embedded database"
    )
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL 15 or newer, as the login role hie_app; none: the embedded server in data_dir",
    )
    owner_database_url: SecretStr | None = Field(
        None, description="The same database as the owner of the schema, used by `hie store migrate` alone"
    )
    broker_url: SecretStr | None = Field(
        None, description="Redis or RabbitMQ for Celery; none: the worker process polls the inbox itself"
    )
    base_url: str = Field(
        "http://localhost:8080", description="Address under which browsers and clients reach us"
    )
    host: str = Field("127.0.0.1", description="Address that the HTTP and MLLP listeners bind")
    port: int = Field(8080, ge=1, le=65535, description="Port of the API, the pages and the HTTP doors")
    mllp_port: int = Field(2575, ge=1, le=65535, description="Port of the MLLP listener")
    drop_dir: Path | None = Field(
        None, description="Folder with one sub-folder for each source that drops files; none: data_dir/drop"
    )
    message_limit: int = Field(
        16 * 1024 * 1024, description="Largest message that a door takes, in bytes; larger ones are refused"
    )
    threads: int = Field(
        16, ge=1, le=200, description="Requests served at once by a process; also its database pool"
    )
    demo: bool = Field(
        False, description="The demonstration city: synthetic people, printed tokens, unknown senders taken"
    )

    @property
    def fhir_base(self) -> str:
        """The service base URL of the FHIR API."""
        return f"{self.base_url.rstrip('/')}/fhir"

    @property
    def drop_folder(self) -> Path:
        """Where the folder door looks."""
        return self.drop_dir or self.data_dir / "drop"


def child_environment() -> dict[str, str]:
    """The environment for a child process of ours that reads its settings from the data folder alone."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HIE_")}


def has_display() -> bool:
    """Whether a browser that is opened here would be seen by somebody."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
