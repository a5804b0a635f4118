"""Pictures of what the network did, drawn on the device."""
