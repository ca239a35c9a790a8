//! Bonded Pickup: pickup-server.
