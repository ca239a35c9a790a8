//! The notice that shoppers read and agree to before they order (商财发〔2018〕486号, article 4(一)), as versions: an order keeps
//! which one it was.

use jiff::Timestamp;
use pickup_domain::china_time;

use crate::shop::Shop;

/// The version of the text below. Another text is another version.
pub const VERSION: &str = "2026-11";

/// The points of the notice: Chinese and English.
pub const POINTS: &[(&str, &str)] = &[
    (
        "商品按原产地的质量、安全、卫生、环保和标识标准生产，可能与我国标准不同，您自行承担相关风险。",
        "The goods follow the standards of quality, safety, hygiene, environment and labelling of where they come from. These may differ from China's, and the risk in that is yours.",
    ),
    (
        "商品可能没有中文标签，可在商品页查看中文电子标签，或向客服索取。",
        "The goods may have no Chinese label. The electronic label is on the product page or can be had from the service.",
    ),
    ("所购商品仅限个人自用，不得再次销售。", "What you buy is for your own use and must not be sold again."),
    (
        "购买计入您本人的跨境电商年度交易额度（每单5000元，每年26000元），须以本人身份信息下单并由本人支付。",
        "The purchase counts against your own limits of cross-border retail (5,000 CNY an order, 26,000 CNY a year). You order under your own identity and pay yourself.",
    ),
    (
        "海关放行前不能取货。若海关不放行，全部款项原路退回。",
        "Nothing can be collected before customs releases it. If customs does not, all your money goes back.",
    ),
    (
        "放行后30天内可以申请退货，商品须保持原状。",
        "A return can be asked for within 30 days of release, in original condition.",
    ),
    (
        "您的姓名、身份证号和电话用于向海关申报和核对取货人，加密保存；订单、支付和申报数据按海关规定至少保存三年。",
        "Your name, ID number and telephone are used for the declaration and to know who collects; they are stored encrypted. Data of order, payment and declaration are kept for at least three years, as customs requires.",
    ),
];

/// Whether the version here may be agreed to today: the operator may have a list of those in force.
#[must_use]
pub fn in_force(shop: &Shop, now: Timestamp) -> bool {
    let versions = &shop.rules.notice_versions;
    versions.is_empty() || versions.on(0, VERSION, china_time::date(now)).is_some()
}
