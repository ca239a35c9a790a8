//! Bonded Pickup: pickup-customs-sim.
