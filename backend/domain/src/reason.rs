//! Why something is refused: a stable code, the values that differ and the rule, rendered in Chinese or English.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The language of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// Chinese (zh-CN).
    Zh,
    /// English.
    En,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $zh:literal, $en:literal;)+) => {
        /// What is wrong, as a stable code. Texts may change, codes do not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ReasonCode {
            $($(#[$doc])* #[serde(rename = $code)] $name,)+
        }

        impl ReasonCode {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            const fn sentence(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Self::$name, Lang::Zh) => $zh, (Self::$name, Lang::En) => $en),+ }
            }
        }
    };
}

codes! {
    /// A field is empty, too long or not of its form.
    FieldForm = "FIELD_FORM", "字段{field}的内容不符合要求（要求：{expected}，实际：{found}）。", "The field {field} is not of its form (needed: {expected}, found: {found}).";
    /// An order needs at least one line.
    OrderWithoutLines = "ORDER_WITHOUT_LINES", "订单没有商品行。", "The order has no lines.";
    /// A declaration takes at most 99 lines.
    OrderTooManyLines = "ORDER_TOO_MANY_LINES", "订单商品行数过多（最多{expected}行，实际{found}行）。", "The order has too many lines (at most {expected}, found {found}).";
    /// The same article stands on two lines.
    SkuTwice = "SKU_TWICE", "商品{found}在订单中出现了不止一次，请合并为一行。", "The article {found} is on more than one line; put it on one.";
    /// The quantity of a line is not above zero.
    LineQuantity = "LINE_QUANTITY", "{field}的数量必须为正整数（实际：{found}）。", "The quantity at {field} must be a whole number above zero (found: {found}).";
    /// Goods total is not the sum of the lines.
    TotalGoods = "TOTAL_GOODS", "商品总额有误：各行合计{expected}元，订单写{found}元。", "The goods total is wrong: the lines add up to {expected} CNY, the order says {found} CNY.";
    /// Tax total is not what the rules give.
    TotalTax = "TOTAL_TAX", "税款总额有误：应为{expected}元，订单写{found}元。", "The tax total is wrong: it is {expected} CNY, the order says {found} CNY.";
    /// Amount to pay is not goods + freight + tax − discount.
    TotalPaid = "TOTAL_PAID", "实付金额有误：商品+运费+税款−抵扣为{expected}元，订单写{found}元。", "The amount to pay is wrong: goods + freight + tax − discount is {expected} CNY, the order says {found} CNY.";
    /// An amount is negative or too large.
    AmountRange = "AMOUNT_RANGE", "{field}的金额超出允许范围（{found}）。", "The amount {field} is out of range ({found}).";
    /// Only CNY is taken.
    Currency = "CURRENCY", "币种必须为人民币（实际：{found}）。", "The currency must be CNY (found: {found}).";
    /// No such article.
    SkuUnknown = "SKU_UNKNOWN", "没有商品{found}。", "There is no article {found}.";
    /// The price is not the price of the catalogue.
    PriceNotCatalogue = "PRICE_NOT_CATALOGUE", "{field}的单价与商品目录不符（目录{expected}元，订单{found}元）。", "The price at {field} is not the catalogue's (catalogue {expected} CNY, order {found} CNY).";
    /// Less is left in the bonded book than ordered.
    StockInsufficient = "STOCK_INSUFFICIENT", "{field}库存不足（剩余{expected}，需要{found}）。", "There is not enough stock of {field} (left {expected}, asked {found}).";
    /// The commodity is not on the permitted list.
    NotPermitted = "NOT_ON_PERMITTED_LIST", "{field}的商品编码{found}不在跨境电商零售进口商品清单内。", "The commodity code {found} of {field} is not on the list of goods permitted for retail import.";
    /// More pieces than the list allows in one order.
    QuantityOverLimit = "QUANTITY_OVER_LIMIT", "{field}超过每单限购数量（最多{expected}，实际{found}）。", "More of {field} than one order may have (at most {expected}, found {found}).";
    /// No tariff line is in force for the code on that day.
    TariffMissing = "TARIFF_LINE_MISSING", "{field}的商品编码{found}当日没有有效税率。", "No tariff line is in force today for the commodity code {found} of {field}.";
    /// The ID number is not 17 digits and a digit or X.
    BuyerIdForm = "BUYER_ID_FORM", "身份证号码格式不正确：应为17位数字加一位数字或X。", "The ID number is not of its form: 17 digits and then a digit or X.";
    /// The ID number has no real date of birth.
    BuyerIdBirthDate = "BUYER_ID_BIRTH_DATE", "身份证号码中的出生日期不存在。", "The date of birth in the ID number does not exist.";
    /// The last character of the ID number does not match.
    BuyerIdCheckDigit = "BUYER_ID_CHECK_DIGIT", "身份证号码校验位不正确，请核对后重新填写。", "The last character of the ID number does not match; please check the number.";
    /// The buyer is not of age.
    BuyerMinor = "BUYER_MINOR", "订购人未满{expected}周岁。", "The buyer is younger than {expected}.";
    /// The buyer has not agreed to the notices.
    NoticesNotAgreed = "NOTICES_NOT_AGREED", "订购人尚未阅读并同意跨境电商消费者告知书。", "The buyer has not read and agreed to the notice to consumers.";
    /// No such pickup centre.
    CentreUnknown = "CENTRE_UNKNOWN", "没有提货中心{found}。", "There is no pickup centre {found}.";
    /// Pickup is not allowed at this centre.
    CentreNotAllowed = "CENTRE_NOT_ALLOWED", "提货中心{found}不在海关特殊监管区域内，也没有在有效期内的试点批准，不能线下自提。", "The pickup centre {found} is neither inside a special customs supervision area nor under a pilot approval in force; pickup is not allowed there.";
    /// Over the limit of one order.
    LimitSingle = "LIMIT_SINGLE", "超过单次交易限值（{expected}元，本单{found}元），且不是单件商品。", "Over the limit of one order ({expected} CNY, this order {found} CNY), and it is not one single item.";
    /// Over the limit of the year.
    LimitAnnual = "LIMIT_ANNUAL", "超过个人年度交易限值（{expected}元，含本单{found}元）。", "Over the buyer's limit of the calendar year ({expected} CNY, with this order {found} CNY).";
    /// The guarantee does not cover the tax.
    GuaranteeExhausted = "GUARANTEE_EXHAUSTED", "税款担保余额不足（剩余{expected}元，需要{found}元）。", "The tax guarantee does not cover this order (left {expected} CNY, needed {found} CNY).";
    /// The guarantee is not in force.
    GuaranteeNotValid = "GUARANTEE_NOT_VALID", "税款担保不在有效期内（有效期{expected}，今天{found}）。", "The tax guarantee is not in force (valid {expected}, today {found}).";
    /// The order number is taken by another order.
    OrderNoTaken = "ORDER_NO_TAKEN", "订单号{found}已被另一份内容不同的订单使用。", "The order number {found} is taken by an order with other contents.";
    /// The payer is not the buyer.
    PayerNotBuyer = "PAYER_NOT_BUYER", "支付人与订购人不是同一人（{field}：订购人{expected}，支付人{found}）。", "The payer is not the buyer ({field}: buyer {expected}, payer {found}).";
    /// The amount paid is not the amount to pay.
    PaymentAmount = "PAYMENT_AMOUNT", "支付金额与订单不符（订单{expected}元，支付{found}元）。", "The amount paid is not the amount to pay (order {expected} CNY, payment {found} CNY).";
    /// Two of the three documents differ in a field.
    DocumentsDiffer = "DOCUMENTS_DIFFER", "单证不一致：{field}（订单{expected}，另一单证{found}）。", "The documents differ in {field} (order {expected}, other document {found}).";
    /// The goods may not be imported at all.
    ProhibitedGoods = "PROHIBITED_GOODS", "{field}的商品编码{found}属于禁止进口商品（{expected}）。", "The commodity code {found} of {field} is among the goods that may not be imported ({expected}).";
    /// More than counts as for personal use.
    PersonalUseQuantity = "PERSONAL_USE_QUANTITY", "{field}超出个人自用合理数量（最多{expected}，实际{found}）。", "More of {field} than counts as for personal use (at most {expected}, found {found}).";
    /// The quantity cannot be measured in the unit of the personal-use list.
    PersonalUseUnit = "PERSONAL_USE_UNIT", "{field}没有计量单位{expected}的数量，无法核对个人自用合理数量。", "{field} has no quantity in the unit {expected}, so the personal-use quantity cannot be checked.";
    /// More pieces than the list allows one person in a year.
    YearQuantityOverLimit = "YEAR_QUANTITY_OVER_LIMIT", "{field}超过个人年度限购数量（最多{expected}，含本单{found}）。", "More of {field} than one person may buy in a year (at most {expected}, with this order {found}).";
    /// Goods that need it are not registered.
    GoodsNotRegistered = "GOODS_NOT_REGISTERED", "{field}（{found}）需要注册或备案，但没有登记记录。", "{field} ({found}) needs a registration and has none.";
    /// The registration of goods is not in force.
    GoodsRegistrationNotValid = "GOODS_REGISTRATION_NOT_VALID", "{field}（{found}）的注册或备案当日无效（今天{expected}）。", "The registration of {field} ({found}) is not in force today ({expected}).";
    /// An enterprise is not registered for its role.
    EnterpriseNotRegistered = "ENTERPRISE_NOT_REGISTERED", "企业{found}未在海关以{expected}身份登记。", "The enterprise {found} is not registered with customs as {expected}.";
    /// The registration of an enterprise is not in force.
    EnterpriseNotValid = "ENTERPRISE_NOT_VALID", "企业{found}的海关登记（{expected}）当日无效。", "The customs registration of the enterprise {found} as {expected} is not in force today.";
    /// The version of the notice is not one that may be agreed to.
    NoticeVersionUnknown = "NOTICE_VERSION_UNKNOWN", "告知书版本{found}不是现行版本，请重新阅读并同意。", "The version {found} of the notice is not in force; it must be read and agreed to again.";
    /// Nothing in the order is bonded.
    OrderWithoutBonded = "ORDER_WITHOUT_BONDED", "订单中没有保税商品，不能按网购保税申报。", "Nothing in the order is bonded; it cannot be declared here.";
    /// The tax cannot be computed.
    TaxNotComputed = "TAX_NOT_COMPUTED", "税款无法计算，请核对金额和税率。", "The tax cannot be computed; check the amounts and rates.";
}

// By hand: the names of the codes are literals of a macro, which the derive does not see.
#[cfg(feature = "schema")]
impl utoipa::PartialSchema for ReasonCode {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some("What is wrong, as a stable code. Texts may change, codes do not."))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for ReasonCode {}

/// One reason for a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Reason {
    /// The stable code.
    pub code: ReasonCode,
    /// Which field or line: `lines[0].price_fen`; empty when the order as a whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// What it should be.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// What it is. ID numbers only masked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub found: String,
    /// The document the rule comes from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// The document the value comes from that was compared with: an announcement of a list, an approval, ….
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
}

impl Reason {
    /// A reason without values.
    #[must_use]
    pub fn new(code: ReasonCode) -> Self {
        Self {
            code,
            field: String::new(),
            expected: String::new(),
            found: String::new(),
            rule: String::new(),
            source: String::new(),
        }
    }

    /// The field it is about.
    #[must_use]
    pub fn field(self, field: impl Into<String>) -> Self {
        Self { field: field.into(), ..self }
    }

    /// What it should be and what it is.
    #[must_use]
    pub fn values(self, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self { expected: expected.to_string(), found: found.to_string(), ..self }
    }

    /// The document the rule comes from.
    #[must_use]
    pub fn rule(self, rule: impl Into<String>) -> Self {
        Self { rule: rule.into(), ..self }
    }

    /// The document the value comes from that was compared with.
    #[must_use]
    pub fn source(self, source: impl Into<String>) -> Self {
        Self { source: source.into(), ..self }
    }

    /// The sentence for a person.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        fill(
            self.code.sentence(lang),
            &[("field", &self.field), ("expected", &self.expected), ("found", &self.found)],
        )
    }
}

/// Replaces `{name}` once each, left to right, so that a value holding braces is not read again.
fn fill(sentence: &str, values: &[(&str, &String)]) -> String {
    let mut text = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, tail)) = after.split_once('}') else { break };
        text.extend(values.iter().filter(|(n, _)| *n == name).map(|(_, v)| v.as_str()));
        rest = tail;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_both_values_in_both_languages() {
        let reason = Reason::new(ReasonCode::TotalTax).values("9.10", "0.00");
        assert_eq!(reason.text(Lang::En), "The tax total is wrong: it is 9.10 CNY, the order says 0.00 CNY.");
        assert_eq!(reason.text(Lang::Zh), "税款总额有误：应为9.10元，订单写0.00元。");
    }

    #[test]
    fn a_value_with_braces_is_not_filled_again() {
        let reason = Reason::new(ReasonCode::SkuUnknown).values("", "{expected}");
        assert_eq!(reason.text(Lang::En), "There is no article {expected}.");
    }

    #[test]
    fn every_code_is_screaming_unique_and_has_two_sentences() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ReasonCode::ALL {
            assert!(code.as_str().bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{code:?}");
            assert!(seen.insert(code.as_str()), "{code:?} twice");
            assert_ne!(code.sentence(Lang::Zh), code.sentence(Lang::En));
        }
    }
}
