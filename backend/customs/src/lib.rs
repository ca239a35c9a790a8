//! Bonded Pickup: pickup-customs.
