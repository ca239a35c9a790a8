//! Messages of the customs side (海关跨境统一版, specification 202205): build, sign, verify, read. Bytes in, bytes out.
//!
//! # Filing one order
//!
//! 1. Fill a [`Filing`]; [`Filing::order`], [`Filing::logistics`] and [`Filing::inventory`] make documents that agree.
//! 2. Put 1 to 100 documents of a kind into a [`Message`] with the sender's [`BaseTransfer`];
//!    [`Message::write`] checks every field and gives [`Unsigned`] canonical XML.
//! 3. [`dsig::sign`] with a [`Signer`] (such as [`SoftwareKey`]) and a [`dsig::Profile`] gives the text to send; a
//!    signer that must be waited for is served by [`dsig::prepare`] and [`dsig::Prepared::finish`]. Keep that text and
//!    send exactly it, also when sending again. Its type for the exchange network is [`Unsigned::message_type`].
//! 4. Where the network wants its own envelope, [`DxpMsg`] carries the text.
//!
//! Beside the three there are payments ([`Payment`]), the shopper's signature for the parcel ([`LogisticsStatus`]),
//! cancellations ([`InvtCancel`]) and returns ([`InvtRefund`]).
//!
//! # Receipts
//!
//! [`read_receipts`] takes what the port sends (CEB312, 412, 512, 514, 622, 624, 626, 816, 818, 900). Apply a
//! [`Receipt`] by [`Receipt::key`] and [`Receipt::time`]: receipts come twice, late and out of order. [`Status`] says what became of the document,
//! [`Dictionary::explain`] why, as a [`Cause`] to branch on and a sentence in Chinese and English.
//!
//! # The other side
//!
//! [`AnyMessage::read`] and [`dsig::verify`] read and check what was filed, and [`write_receipts`] answers it: the
//! simulator is built on them. [`check_chain`] says whether a certificate leads to a root that is trusted.
//!
//! # What is ours and what is not
//!
//! XML is parsed by `roxmltree`, which builds no entities and fetches nothing, behind a look at the text that bounds
//! nesting and attributes. SM2 and SM3 are `sm2` and `sm3`, encrypted keys `pkcs8`, RSA is `rsa`, all of RustCrypto.
//! An advisory on `rsa` is open (RUSTSEC-2023-0071: private-key operations take a time that depends on the key).
//! Here that is acceptable: nothing is decrypted, a stranger can neither start nor time a signature, each is blinded
//! with fresh random numbers, and only ports that still ask for `rsa-sha1` use it at all. Writing, Canonical XML of
//! these documents and the few fields of X.509 that are needed are small and are our own.

mod amount;
mod c14n;
mod cancel;
mod cert;
mod der;
pub mod dictionary;
pub mod document;
pub mod dsig;
pub mod dxp;
pub mod field;
pub mod filing;
mod guard;
mod ids;
mod inventory;
mod key;
mod logistics;
mod message;
mod order;
mod payment;
mod public_key;
pub mod read;
mod receipt;
pub mod record;
mod refund;
mod returns;
mod status;
mod tax;
mod time;
mod waybill_status;
pub mod write;

pub use amount::{Amount, AmountError};
pub use c14n::C14nError;
pub use cancel::InvtCancel;
pub use cert::{Certificate, CertificateError, ChainError, Expiry, KeyKind, check_chain};
pub use dictionary::{Cause, Dictionary, Explanation, Remedy, Who};
pub use document::{AppStatus, AppType, BaseSubscribe, BaseTransfer, CHINA, CNY, Document};
pub use dxp::{DxpMsg, DxpMsgSv};
pub use field::{Fault, FieldError, FieldPath};
pub use filing::{Filing, FilingError};
pub use ids::{BuyerId, CopNo, CopNoError, Guid, GuidError};
pub use inventory::{Inventory, InventoryHead, InventoryLine};
pub use key::{DIST_ID, KeyError, Signer, SignerError, SoftwareKey};
pub use logistics::{Logistics, LogisticsHead};
pub use message::{AnyMessage, Message, Unsigned};
pub use order::{Order, OrderHead, OrderLine};
pub use payment::{Payment, PaymentHead};
pub use read::ReadError;
pub use receipt::{Receipt, ReceiptBatch, read_receipts, write_receipts};
pub use refund::{InvtRefund, InvtRefundHead, InvtRefundLine};
pub use returns::{
    InventoryReturn, InvtCancelReturn, InvtRefundReturn, LogisticsReturn, LogisticsStatusReturn,
    MessageReturn, OrderReturn, PaymentReturn,
};
pub use status::Status;
pub use tax::{TaxBill, TaxHeadRd, TaxHeadStatus, TaxListRd, TaxState};
pub use time::{Millis, Seconds};
pub use waybill_status::{LogisticsStatus, SIGNED_FOR};
pub use write::WriteError;
