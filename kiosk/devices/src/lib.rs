//! Bonded Pickup: pickup-devices.
