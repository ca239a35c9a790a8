//! Bonded Pickup: pickup-session.
