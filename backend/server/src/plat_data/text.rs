//! The text of an upload: what is signed and what is sent are made of the same pieces, byte for byte.

use pickup_domain::Money;

/// Facts of a payment and its orders.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Id of the document.
    pub guid: String,
    /// As sent to the payment company.
    pub request: String,
    /// As it answered.
    pub response: String,
    /// Registration code of the platform.
    pub platform: String,
    /// Registration code of the payment company.
    pub pay_code: String,
    /// Its number of the payment.
    pub transaction: String,
    /// What was paid.
    pub total: Money,
    /// Who checked it.
    pub check_body: String,
    /// How was paid.
    pub pay_type: String,
    /// When, 14 digits in China time.
    pub paid_at: String,
    /// Its orders.
    pub orders: Vec<OrderFacts>,
    /// Account it went to.
    pub payee: Payee,
}

/// Who was paid.
#[derive(Clone, Debug)]
pub struct Payee {
    /// Account, at most 60 characters.
    pub account: String,
    /// Unified code of its holder.
    pub code: String,
    /// Its holder.
    pub name: String,
}

/// An order of the payment.
#[derive(Clone, Debug)]
pub struct OrderFacts {
    /// Its number.
    pub order_no: String,
    /// Names and addresses of the goods.
    pub goods: Vec<(String, String)>,
}

/// The pieces that are both signed and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces {
    session: String,
    head: String,
    lists: String,
    service_time: String,
}

impl Pieces {
    /// Writes the pieces: compact JSON, fields in the order of the announcement.
    #[must_use]
    pub fn new(session: &str, facts: &Facts, now_ms: i64) -> Self {
        let head = object(&[
            ("guid", quoted(&facts.guid)),
            // Spelt so in the announcement.
            ("initalRequest", quoted(&facts.request)),
            ("initalResponse", quoted(&facts.response)),
            ("ebpCode", quoted(&facts.platform)),
            ("payCode", quoted(&facts.pay_code)),
            ("payTransactionId", quoted(&facts.transaction)),
            // A number of yuan.
            ("totalAmount", facts.total.to_string()),
            ("currency", quoted("142")),
            ("verDept", quoted(&facts.check_body)),
            ("payType", quoted(&facts.pay_type)),
            ("tradingTime", quoted(&facts.paid_at)),
            ("note", quoted("")),
        ]);
        let lists: Vec<String> = facts.orders.iter().map(|order| list(order, &facts.payee)).collect();
        Self {
            session: session.to_owned(),
            head,
            lists: format!("[{}]", lists.join(",")),
            service_time: now_ms.to_string(),
        }
    }

    /// What is signed.
    #[must_use]
    pub fn to_sign(&self) -> String {
        format!(
            r#""sessionID":"{}"||"payExchangeInfoHead":"{}"||"payExchangeInfoLists":"{}"||"serviceTime":"{}""#,
            self.session, self.head, self.lists, self.service_time
        )
    }

    /// What is sent: JSON for the form field `payExInfoStr`.
    #[must_use]
    pub fn signed(&self, certificate: &str, signature: &str) -> String {
        object(&[
            ("sessionID", quoted(&self.session)),
            ("payExchangeInfoHead", self.head.clone()),
            ("payExchangeInfoLists", self.lists.clone()),
            ("serviceTime", quoted(&self.service_time)),
            ("certNo", quoted(certificate)),
            ("signValue", quoted(signature)),
        ])
    }
}

fn list(order: &OrderFacts, payee: &Payee) -> String {
    let goods: Vec<String> = order
        .goods
        .iter()
        .map(|(name, link)| {
            object(&[("gname", quoted(&cut(name, 250))), ("itemLink", quoted(&cut(link, 3000)))])
        })
        .collect();
    object(&[
        ("orderNo", quoted(&order.order_no)),
        ("goodsInfo", format!("[{}]", goods.join(","))),
        ("recpAccount", quoted(&cut(&payee.account, 60))),
        ("recpCode", quoted(&payee.code)),
        ("recpName", quoted(&cut(&payee.name, 100))),
    ])
}

fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
    format!("{{{}}}", fields.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// `application/x-www-form-urlencoded` with one field.
#[must_use]
pub fn form(name: &str, value: &str) -> String {
    let mut out = format!("{name}=");
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            guid: "G".into(),
            request: r#"{"a":"甲"}"#.into(),
            response: "ok\n".into(),
            platform: "P".into(),
            pay_code: "C".into(),
            transaction: "T".into(),
            total: Money::from_fen(10_005),
            check_body: "3".into(),
            pay_type: "1".into(),
            paid_at: "20261121100000".into(),
            orders: vec![OrderFacts {
                order_no: "A-1".into(),
                goods: vec![("奶粉".into(), "http://x/1".into())],
            }],
            payee: Payee { account: "1".into(), code: "2".into(), name: "3".into() },
        }
    }

    /// Frozen: customs verifies exactly these bytes. If this fails, do not change the test.
    #[test]
    fn what_is_signed_has_this_form() {
        let pieces = Pieces::new("S-1", &facts(), 1_795_300_000_000);
        let head = r#"{"guid":"G","initalRequest":"{\"a\":\"甲\"}","initalResponse":"ok\n","ebpCode":"P","payCode":"C","payTransactionId":"T","totalAmount":100.05,"currency":"142","verDept":"3","payType":"1","tradingTime":"20261121100000","note":""}"#;
        let lists = r#"[{"orderNo":"A-1","goodsInfo":[{"gname":"奶粉","itemLink":"http://x/1"}],"recpAccount":"1","recpCode":"2","recpName":"3"}]"#;
        assert_eq!(
            pieces.to_sign(),
            format!(
                r#""sessionID":"S-1"||"payExchangeInfoHead":"{head}"||"payExchangeInfoLists":"{lists}"||"serviceTime":"1795300000000""#
            )
        );
        assert_eq!(
            pieces.signed("0A", "c2ln"),
            format!(
                r#"{{"sessionID":"S-1","payExchangeInfoHead":{head},"payExchangeInfoLists":{lists},"serviceTime":"1795300000000","certNo":"0A","signValue":"c2ln"}}"#
            )
        );
    }

    #[test]
    fn a_form_field_keeps_every_byte() {
        assert_eq!(form("f", "a b&=+%甲*"), "f=a+b%26%3D%2B%25%E7%94%B2*");
    }
}
