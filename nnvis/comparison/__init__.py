"""Two networks on the same pictures: what each says, and how alike their layers are."""
