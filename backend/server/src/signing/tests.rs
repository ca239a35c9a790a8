//! Signers over real sockets: a signing service and a card service that fail in every way.
