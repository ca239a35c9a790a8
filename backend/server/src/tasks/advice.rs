//! What a person does about a task of each kind.

use super::Kind;

impl Kind {
    /// What a person does about it, in Chinese and English.
    #[must_use]
    pub const fn advice(self) -> (&'static str, &'static str) {
        match self {
            Self::Refused => (
                "改正后重新申报，或放弃并退款。",
                "Put it right and file it anew, or give it up with a refund.",
            ),
            Self::Unanswered => (
                "向海关或电子口岸查询；确认未受理后可放弃并退款。",
                "Ask the port what became of it; when it has nothing, give the declaration up.",
            ),
            Self::Unapplied => ("查明原因后重新处理该回执。", "Find out why, then apply the receipt again."),
            Self::ApplicationRefused => (
                "查看海关回执，与顾客联系，必要时改为退货申请。",
                "Read customs' answer, speak to the shopper, and apply for a return instead where that is possible.",
            ),
            Self::Detained => {
                ("货物不得交付，请与海关联系。", "The goods must not be handed over; speak to customs.")
            }
            Self::UnknownCode => (
                "向海关或电子口岸查明该代码的含义，然后导入代码表。",
                "Ask the port what the code means, then import it.",
            ),
            Self::Contradiction => (
                "本系统与海关记录不一致，请核对后向海关申请撤销或退货。",
                "Our books and customs' differ; compare them and apply to customs to cancel or return.",
            ),
            Self::Unmatched => (
                "回执与本系统单证不符，请核对申报来源。",
                "The receipt is of no document of this system; find out who filed it.",
            ),
            Self::Parked => (
                "口岸拒收报文，请查明原因后重新发送。",
                "The port does not take the message; find out why, then send it again.",
            ),
            Self::TaxDiffers => (
                "税额与海关电子税单不一致，请核对税率。",
                "The tax differs from customs' bill; check the rates.",
            ),
            Self::Certificate => (
                "签名证书即将到期，请向电子口岸申请更换。",
                "The signing certificate runs out: have the E-Port renew it.",
            ),
            Self::NotBack => NOT_BACK,
            Self::NotSent => (
                "传输客户端未能发送报文，请检查客户端后将文件放回send目录。",
                "The transfer client could not send a file; see to the client, then put the file back into send.",
            ),
            Self::PaymentData => (
                "支付原始数据未能按时上传海关，请核对支付原始数据和签名证书。",
                "Payment data were not taken by customs in time; check the raw data of the payment and the signing certificate.",
            ),
            Self::Payback => (
                "支付机构未退款，请与支付机构核对后人工退款。",
                "The payment company does not pay the buyer back; clear it up with the company and pay by hand.",
            ),
            Self::PaymentDeclaration => (
                "支付单申报未被接受，请与支付机构核对后重新申报。",
                "The payment's declaration was not taken; clear it up with the payment company and have it declared anew.",
            ),
            Self::Webhook => WEBHOOK,
            Self::TakenOut => TAKEN_OUT,
            Self::Reconciliation => RECONCILIATION,
            Self::Call => CALL,
            Self::Examined => EXAMINED,
            Self::Overdue => OVERDUE,
            Self::Mismatch => MISMATCH,
        }
    }

    /// The backend's own commands that do it, for who has a shell and no page with buttons.
    #[must_use]
    pub const fn commands(self) -> &'static [&'static str] {
        match self {
            Self::Refused => &["declaration resubmit", "declaration give-up"],
            Self::Unanswered => &["declaration give-up"],
            Self::Unapplied => &["customs apply"],
            Self::UnknownCode => &["import codes"],
            Self::Parked => &["customs send-again"],
            Self::Webhook => &["webhooks enable"],
            Self::TakenOut | Self::Overdue => &["parcel extend", "declaration cancel"],
            _ => &[],
        }
    }
}

const WEBHOOK: (&str, &str) = (
    "商家的通知地址长时间无法送达，请联系商家修复后重新启用。",
    "A shop's webhook endpoint failed for days; have the shop mend it, then enable it.",
);
const TAKEN_OUT: (&str, &str) = (
    "包裹已从柜中取出：延长提货时间后重新入柜，或向海关申请撤销并退款。",
    "The parcel was taken out: give it more time and store it again, or have it cancelled and refunded.",
);
const RECONCILIATION: (&str, &str) = (
    "当日对账有差异，请在每日对账页逐项查明（数据可能被改动过）。",
    "The day was reconciled with differences: clear up each on the page of the day; somebody may have written to the database.",
);
const NOT_BACK: (&str, &str) = (
    "退货商品未在45天内运回，请核实。",
    "The returned goods are not back in the area within 45 days; find them.",
);
const EXAMINED: (&str, &str) = (
    "海关正在审核或查验：备好单证和货物，配合海关；海关决定后自动结束。",
    "Customs reads the papers or looks at the goods: have both at hand. It ends by itself when customs decides.",
);
const OVERDUE: (&str, &str) = (
    "请联系顾客：延长取货时间，或取出包裹并申请撤销。",
    "Speak to the shopper: give more time, or take the parcel out and apply to cancel.",
);
const MISMATCH: (&str, &str) = (
    "支付信息与订单不一致，款项将退回；请联系顾客说明原因。",
    "Payment and order do not match and the money goes back: tell the shopper why.",
);
const CALL: (&str, &str) = ("请立即前往自提柜。", "Go to the kiosk now.");
