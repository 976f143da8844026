"""The table of uploaded exports."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from connectors.accounts.columns import Instant


class TakeoutUpload(SQLModel, table=True):
    """The wanted part of one account's latest export, compressed and sealed; `sha256` is of the upload as it came."""

    __tablename__ = "takeout_upload"

    account_id: str = Field(primary_key=True, max_length=40)
    content: bytes = Field(sa_type=LargeBinary)
    sha256: str = Field(max_length=64)
    uploaded_at: datetime = Field(sa_type=Instant)
