//! The three documents of one 1210 order with pickup, filled from the facts by the filling rules.
//!
//! Order, waybill and list must agree on order number, parties, recipient and lines; building all three from one value
//! makes them agree.

use jiff::Timestamp;
use jiff::civil::Date;
use pickup_domain::{HsCode, IdNumber, Money, Quantity, china_time};

use crate::document::{AppStatus, AppType, CHINA, CNY};
use crate::ids::{BuyerId, CopNo, Guid};
use crate::inventory::{Inventory, InventoryHead, InventoryLine};
use crate::logistics::{Logistics, LogisticsHead};
use crate::order::{Order, OrderHead, OrderLine};

/// A company as registered with customs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Registration: 10-digit customs code or 18-character credit code.
    pub code: String,
    /// Registered name.
    pub name: String,
}

/// The companies of a declaration, and the numbers that belong to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    /// Platform (电商平台).
    pub platform: Party,
    /// Seller (电商企业).
    pub seller: Party,
    /// Carrier (物流企业).
    pub carrier: Party,
    /// Declarant (申报单位); the signing certificate must be its own.
    pub declarant: Party,
    /// Warehouse in the area (区内仓储企业).
    pub warehouse: Party,
    /// Payment company (支付企业).
    pub payment: Option<Party>,
    /// Company that guarantees the tax (担保企业).
    pub assure_code: String,
    /// Bonded book of the warehouse (账册).
    pub ems_no: String,
    /// Customs office that takes the declaration, four digits.
    pub customs_code: String,
    /// Customs office of the port, four digits.
    pub port_code: String,
    /// Transport mode of leaving the area; `Y` for a comprehensive bonded zone.
    pub traf_mode: String,
}

/// The buyer (订购人).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer {
    /// Account on the platform.
    pub account: String,
    /// Real name.
    pub name: String,
    /// Telephone.
    pub telephone: String,
    /// Identity number.
    pub id: IdNumber,
}

/// The recipient; for pickup the address is that of the pickup centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consignee {
    /// Name.
    pub name: String,
    /// Telephone.
    pub telephone: String,
    /// Address.
    pub address: String,
    /// Six-digit administrative division.
    pub district: Option<String>,
}

/// One line of goods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilingLine {
    /// The seller's number, at most 20 characters.
    pub sku: String,
    /// Number in the bonded book (料号).
    pub record_no: String,
    /// Chinese sale name.
    pub name: String,
    /// Specification (规格型号).
    pub model: String,
    /// Commodity code.
    pub hs: HsCode,
    /// Bar code; `None` is filed as 无.
    pub bar_code: Option<String>,
    /// Country of origin, three-digit customs code.
    pub origin: String,
    /// Quantity in the unit of the deal.
    pub quantity: Quantity,
    /// Unit of the deal, three-digit customs code.
    pub unit: String,
    /// First legal quantity and unit.
    pub legal_1: (Quantity, String),
    /// Second legal quantity and unit, when the tariff has one.
    pub legal_2: Option<(Quantity, String)>,
    /// Price of one unit.
    pub price: Money,
    /// Price of the line.
    pub total: Money,
}

/// Guids of the three documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilingGuids {
    /// Of the order.
    pub order: Guid,
    /// Of the waybill.
    pub logistics: Guid,
    /// Of the list.
    pub inventory: Guid,
}

/// All that is declared of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filing {
    /// Guids of the three documents.
    pub guids: FilingGuids,
    /// New, or a correction after a rejection (same `cop_no`, later `app_time`).
    pub app_type: AppType,
    /// When it is submitted; its date in China is the date of declaration.
    pub app_time: Timestamp,
    /// Order number.
    pub order_no: String,
    /// Waybill number.
    pub logistics_no: String,
    /// The list's own number.
    pub cop_no: CopNo,
    /// The companies.
    pub parties: Parties,
    /// The buyer.
    pub buyer: Buyer,
    /// The recipient.
    pub consignee: Consignee,
    /// Serial number of the payment.
    pub payment_transaction_id: Option<String>,
    /// Freight.
    pub freight: Money,
    /// Insurance.
    pub insured_fee: Money,
    /// Points, vouchers and other non-cash payment.
    pub discount: Money,
    /// Tax withheld in advance.
    pub tax_total: Money,
    /// Gross weight, kilograms.
    pub gross_weight: Quantity,
    /// Net weight, kilograms.
    pub net_weight: Quantity,
    /// Kind of package, one digit.
    pub wrap_type: Option<String>,
    /// Goods, 1 to 99 lines.
    pub lines: Vec<FilingLine>,
}

/// The sums of an order do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the amounts of the order add up to more than can be written, or it has more lines than can be counted"
)]
pub struct FilingError;

impl Filing {
    /// Price of all goods.
    ///
    /// # Errors
    /// [`FilingError`].
    pub fn goods_value(&self) -> Result<Money, FilingError> {
        Money::checked_sum(self.lines.iter().map(|line| line.total)).ok_or(FilingError)
    }

    /// What the buyer pays: goods + freight + tax - discount.
    ///
    /// # Errors
    /// [`FilingError`].
    pub fn actual_paid(&self) -> Result<Money, FilingError> {
        let goods = self.goods_value()?;
        let plus = goods.checked_add(self.freight).and_then(|sum| sum.checked_add(self.tax_total));
        plus.and_then(|sum| sum.checked_sub(self.discount)).ok_or(FilingError)
    }

    /// The electronic order (CEB311).
    ///
    /// # Errors
    /// [`FilingError`].
    pub fn order(&self) -> Result<Order, FilingError> {
        let parties = &self.parties;
        let head = OrderHead {
            guid: self.guids.order.clone(),
            app_type: self.app_type,
            app_time: self.app_time.into(),
            app_status: AppStatus::Declare,
            order_type: "I".to_owned(),
            order_no: self.order_no.clone(),
            ebp_code: parties.platform.code.clone(),
            ebp_name: parties.platform.name.clone(),
            ebc_code: parties.seller.code.clone(),
            ebc_name: parties.seller.name.clone(),
            goods_value: self.goods_value()?,
            freight: self.freight,
            discount: self.discount,
            tax_total: self.tax_total,
            actual_paid: self.actual_paid()?,
            currency: CNY.to_owned(),
            buyer_reg_no: self.buyer.account.clone(),
            buyer_name: self.buyer.name.clone(),
            buyer_telephone: self.buyer.telephone.clone(),
            buyer_id_type: "1".to_owned(),
            buyer_id_number: BuyerId::from(&self.buyer.id),
            pay_code: parties.payment.as_ref().map(|party| party.code.clone()),
            pay_name: parties.payment.as_ref().map(|party| party.name.clone()),
            pay_transaction_id: self.payment_transaction_id.clone(),
            batch_numbers: None,
            consignee: self.consignee.name.clone(),
            consignee_telephone: self.consignee.telephone.clone(),
            consignee_address: self.consignee.address.clone(),
            consignee_district: self.consignee.district.clone(),
            note: None,
        };
        Ok(Order { head, lines: self.numbered(order_line)? })
    }

    /// The waybill (CEB511).
    #[must_use]
    pub fn logistics(&self) -> Logistics {
        let head = LogisticsHead {
            guid: self.guids.logistics.clone(),
            app_type: self.app_type,
            app_time: self.app_time.into(),
            app_status: AppStatus::Declare,
            logistics_code: self.parties.carrier.code.clone(),
            logistics_name: self.parties.carrier.name.clone(),
            logistics_no: self.logistics_no.clone(),
            bill_no: None,
            order_no: self.order_no.clone(),
            freight: Some(self.freight),
            insured_fee: Some(self.insured_fee),
            currency: CNY.to_owned(),
            weight: self.gross_weight,
            pack_no: 1,
            goods_info: None,
            consignee: self.consignee.name.clone(),
            consignee_address: self.consignee.address.clone(),
            consignee_telephone: self.consignee.telephone.clone(),
            note: None,
        };
        Logistics { head }
    }

    /// The inventory list (CEB621).
    ///
    /// # Errors
    /// [`FilingError`].
    pub fn inventory(&self) -> Result<Inventory, FilingError> {
        Ok(Inventory { head: self.inventory_head(), lines: self.numbered(inventory_line)? })
    }

    /// Date of declaration.
    #[must_use]
    pub fn declared_on(&self) -> Date {
        china_time::date(self.app_time)
    }

    fn inventory_head(&self) -> InventoryHead {
        let parties = &self.parties;
        InventoryHead {
            guid: self.guids.inventory.clone(),
            app_type: self.app_type,
            app_time: self.app_time.into(),
            app_status: AppStatus::Declare,
            order_no: self.order_no.clone(),
            ebp_code: parties.platform.code.clone(),
            ebp_name: parties.platform.name.clone(),
            ebc_code: parties.seller.code.clone(),
            ebc_name: parties.seller.name.clone(),
            logistics_no: self.logistics_no.clone(),
            logistics_code: parties.carrier.code.clone(),
            logistics_name: parties.carrier.name.clone(),
            cop_no: self.cop_no.clone(),
            pre_no: None,
            assure_code: parties.assure_code.clone(),
            ems_no: Some(parties.ems_no.clone()),
            invt_no: None,
            ie_flag: "I".to_owned(),
            decl_time: self.declared_on(),
            customs_code: parties.customs_code.clone(),
            port_code: parties.port_code.clone(),
            ie_date: None,
            buyer_id_type: "1".to_owned(),
            buyer_id_number: BuyerId::from(&self.buyer.id),
            buyer_name: self.buyer.name.clone(),
            buyer_telephone: self.buyer.telephone.clone(),
            consignee_address: self.consignee.address.clone(),
            agent_code: parties.declarant.code.clone(),
            agent_name: parties.declarant.name.clone(),
            area_code: Some(parties.warehouse.code.clone()),
            area_name: Some(parties.warehouse.name.clone()),
            trade_mode: "1210".to_owned(),
            traf_mode: parties.traf_mode.clone(),
            traf_no: None,
            voyage_no: None,
            bill_no: None,
            loct_no: None,
            license_no: None,
            country: CHINA.to_owned(),
            freight: self.freight,
            insured_fee: self.insured_fee,
            currency: CNY.to_owned(),
            wrap_type: self.wrap_type.clone(),
            pack_no: 1,
            gross_weight: self.gross_weight,
            net_weight: self.net_weight,
            note: None,
        }
    }

    /// Lines numbered from 1, the same on order and list.
    fn numbered<L>(&self, make: fn(u32, &FilingLine) -> L) -> Result<Vec<L>, FilingError> {
        let count = u32::try_from(self.lines.len()).map_err(|_| FilingError)?;
        Ok((1..=count).zip(&self.lines).map(|(number, line)| make(number, line)).collect())
    }
}

fn order_line(number: u32, line: &FilingLine) -> OrderLine {
    OrderLine {
        gnum: number,
        item_no: Some(line.sku.clone()),
        item_name: line.name.clone(),
        gmodel: line.model.clone(),
        item_describe: None,
        bar_code: line.bar_code.clone(),
        unit: line.unit.clone(),
        qty: line.quantity,
        price: line.price,
        total_price: line.total,
        currency: CNY.to_owned(),
        country: line.origin.clone(),
        note: None,
    }
}

fn inventory_line(number: u32, line: &FilingLine) -> InventoryLine {
    InventoryLine {
        gnum: number,
        item_record_no: Some(line.record_no.clone()),
        item_no: Some(line.sku.clone()),
        item_name: Some(line.name.clone()),
        gcode: line.hs.clone(),
        gname: line.name.clone(),
        gmodel: line.model.clone(),
        bar_code: Some(line.bar_code.clone().unwrap_or_else(|| "无".to_owned())),
        country: line.origin.clone(),
        trade_country: None,
        currency: CNY.to_owned(),
        qty: line.quantity,
        unit: line.unit.clone(),
        qty_1: line.legal_1.0,
        unit_1: line.legal_1.1.clone(),
        qty_2: line.legal_2.as_ref().map(|legal| legal.0),
        unit_2: line.legal_2.as_ref().map(|legal| legal.1.clone()),
        price: line.price,
        total_price: line.total,
        note: None,
    }
}
