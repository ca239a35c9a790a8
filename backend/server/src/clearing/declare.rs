//! Builds and signs the messages of one declaration: CEB311 (order), CEB511 (waybill), CEB621 (list).

use pickup_customs::document::AppType;
use pickup_customs::dsig;
use pickup_customs::filing::{Buyer, Consignee, FilingGuids, FilingLine, Parties, Party};
use pickup_customs::{
    BaseTransfer, CopNo, Filing, FilingError, Guid, GuidError, Inventory, Message, Unsigned,
};
use pickup_domain::order::Order;
use pickup_domain::{IdNumber, IdNumberError, Money, Quantity};

use crate::clearing::facts::{FactLine, Facts};
use crate::clearing::signer::Signer;
use crate::demo::{Enterprise, Operator};

/// Why an order cannot be written as messages of customs. Sending it again would not help.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The identity number stopped being one: the sealed order was damaged.
    #[error("the buyer's identity number cannot be declared: {0}")]
    Buyer(#[from] IdNumberError),
    /// A stored number is not of its form.
    #[error(transparent)]
    Guid(#[from] GuidError),
    /// A stored number is not of its form.
    #[error(transparent)]
    CopNo(#[from] pickup_customs::CopNoError),
    /// The sums do not fit.
    #[error(transparent)]
    Filing(#[from] FilingError),
    /// A field breaks the rules of the message.
    #[error("the message cannot be written: {0}")]
    Write(#[from] pickup_customs::write::WriteError),
    /// The key refused.
    #[error("the message cannot be signed: {0}")]
    Sign(#[from] dsig::SignError),
    /// There is no such message.
    #[error("there is no message {0} in a declaration")]
    Kind(String),
    /// A quantity is too large.
    #[error("the quantity of line {0} is too large")]
    Quantity(u32),
}

/// The numbers of a declaration.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// Our number of the list.
    pub cop_no: String,
    /// Waybill.
    pub waybill: String,
    /// Guid of the order document.
    pub guid_order: String,
    /// Guid of the waybill document.
    pub guid_waybill: String,
    /// Guid of the list.
    pub guid_list: String,
    /// Whether customs has it already and is sent a change.
    pub change: bool,
    /// E-Port's number of the list, when known.
    pub pre_no: Option<String>,
    /// Customs' number of the list, when known.
    pub invt_no: Option<String>,
}

/// What is declared of one order, and under which numbers.
#[derive(Clone, Debug)]
pub struct Declared {
    filing: Filing,
    pre_no: Option<String>,
    invt_no: Option<String>,
}

impl Declared {
    fn list(&self) -> Result<Inventory, FilingError> {
        let mut list = self.filing.inventory()?;
        list.head.pre_no.clone_from(&self.pre_no);
        list.head.invt_no.clone_from(&self.invt_no);
        Ok(list)
    }
}

/// Builds and signs one message of up to a hundred declarations. `id` becomes the guid of the message.
///
/// # Errors
/// [`BuildError`].
pub fn signed(
    kind: &str,
    id: &str,
    declared: &[&Declared],
    operator: &Operator,
    signer: &Signer,
) -> Result<String, BuildError> {
    let guid: Guid = id.parse()?;
    let unsigned = match kind {
        "CEB311Message" => {
            let orders = declared.iter().map(|one| one.filing.order()).collect::<Result<_, _>>()?;
            written(guid, orders, &operator.platform, operator)?
        }
        "CEB511Message" => {
            let waybills = declared.iter().map(|one| one.filing.logistics()).collect();
            written(guid, waybills, &operator.carrier, operator)?
        }
        "CEB621Message" => {
            let lists = declared.iter().map(|one| one.list()).collect::<Result<_, _>>()?;
            written(guid, lists, &operator.declarant, operator)?
        }
        other => return Err(BuildError::Kind(other.to_owned())),
    };
    seal_with(&unsigned, signer)
}

/// Signs a message.
///
/// # Errors
/// [`BuildError::Sign`].
pub fn seal_with(unsigned: &Unsigned, signer: &Signer) -> Result<String, BuildError> {
    Ok(dsig::sign(unsigned, signer, signer.profile())?)
}

/// Who transfers a message.
#[must_use]
pub fn transfer(sender: &Enterprise, operator: &Operator) -> BaseTransfer {
    BaseTransfer {
        cop_code: sender.code.clone(),
        cop_name: sender.name.clone(),
        dxp_mode: "DXP".to_owned(),
        dxp_id: operator.gateway.dxp_id.clone(),
        note: None,
    }
}

fn written<T: pickup_customs::Document>(
    guid: Guid,
    documents: Vec<T>,
    sender: &Enterprise,
    operator: &Operator,
) -> Result<Unsigned, BuildError> {
    let transfer = transfer(sender, operator);
    Ok(Message { guid, documents, transfer }.write()?)
}

/// Everything that is declared of one order.
///
/// # Errors
/// [`BuildError`].
pub fn filing(
    order: &Order,
    facts: &Facts,
    numbers: &Numbers,
    operator: &Operator,
) -> Result<Declared, BuildError> {
    let id: IdNumber = order.buyer.id_number.0.parse()?;
    let filing = Filing {
        guids: FilingGuids {
            order: numbers.guid_order.parse()?,
            logistics: numbers.guid_waybill.parse()?,
            inventory: numbers.guid_list.parse()?,
        },
        app_type: if numbers.change { AppType::Change } else { AppType::New },
        app_time: facts.drafted_at,
        order_no: facts.order_no.clone(),
        logistics_no: numbers.waybill.clone(),
        cop_no: numbers.cop_no.parse::<CopNo>()?,
        parties: parties(facts, operator),
        buyer: Buyer {
            account: order.buyer.reg_no.clone(),
            name: order.buyer.name.trim().to_owned(),
            telephone: order.buyer.telephone.clone(),
            id,
        },
        consignee: Consignee {
            name: order.buyer.name.trim().to_owned(),
            telephone: order.buyer.telephone.clone(),
            address: facts.address.clone(),
            district: Some(facts.district.clone()),
        },
        payment_transaction_id: Some(facts.transaction_id.clone()),
        freight: facts.freight_fen,
        insured_fee: Money::ZERO,
        discount: facts.discount_fen,
        tax_total: facts.tax_fen,
        gross_weight: facts.gross_kg,
        net_weight: facts.net_kg,
        wrap_type: None,
        lines: facts.lines.iter().map(line).collect::<Result<_, _>>()?,
    };
    let (pre_no, invt_no) =
        if numbers.change { (numbers.pre_no.clone(), numbers.invt_no.clone()) } else { (None, None) };
    Ok(Declared { filing, pre_no, invt_no })
}

fn parties(facts: &Facts, operator: &Operator) -> Parties {
    let party = |e: &Enterprise| Party { code: e.code.clone(), name: e.name.clone() };
    Parties {
        platform: party(&operator.platform),
        seller: party(&operator.seller),
        carrier: party(&operator.carrier),
        declarant: party(&operator.declarant),
        warehouse: party(&operator.warehouse),
        payment: Some(party(&operator.payment)),
        assure_code: operator.declarant.code.clone(),
        ems_no: facts.ems_no.clone(),
        customs_code: facts.customs_code.clone(),
        port_code: facts.customs_code.clone(),
        traf_mode: facts.traf_mode.clone(),
    }
}

fn line(line: &FactLine) -> Result<FilingLine, BuildError> {
    Ok(FilingLine {
        sku: line.sku.clone(),
        record_no: line.record_no.clone(),
        name: line.name.zh.clone(),
        model: line.spec.clone(),
        hs: line.hs.clone(),
        bar_code: Some(line.barcode.clone()).filter(|code| !code.is_empty()),
        origin: line.origin.clone(),
        quantity: Quantity::whole(line.qty).ok_or(BuildError::Quantity(line.gnum))?,
        unit: line.unit.clone(),
        legal_1: (line.qty1, line.unit1.clone()),
        legal_2: line.qty2.zip(line.unit2.clone()),
        price: line.price_fen,
        total: line.total_fen,
    })
}
