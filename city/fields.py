from django.db import models

from city.ciphers import decrypt_bytes, encrypt_bytes


class EncryptedTextField(models.BinaryField):
    """Text encrypted at rest. It cannot be searched: keep a `keyed_hash` beside it for exact look-up."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("blank", True)
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def get_default(self):
        return ""

    def from_db_value(self, value, expression, connection):
        return decrypt_bytes(value).decode() if value else ""

    @staticmethod
    def sealed(value):
        """The bytes that are kept: nothing for an empty text, what is sealed already as it is."""
        return encrypt_bytes(value.encode()) if isinstance(value, str) and value else bytes(value or b"")

    def get_db_prep_value(self, value, connection, prepared=False):
        return super().get_db_prep_value(self.sealed(value), connection, prepared)

    def to_python(self, value):
        return value

    def value_to_string(self, obj):
        return self.value_from_object(obj)
