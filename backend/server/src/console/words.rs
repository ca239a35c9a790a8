//! The words that pages have for states and kinds.

use pickup_domain::application::{ApplicationKind, ApplicationState};

use crate::reconcile::Difference;
use crate::reconcile::sheet::What;
use crate::stock::take;
use crate::tasks::Kind;
use crate::web::Lang;

/// How a state is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chip {
    /// As read.
    pub text: &'static str,
    /// Style: empty, `good`, `warn` or `bad`.
    pub tone: &'static str,
}

/// The state of an order, a declaration or a parcel, by the word it is stored under; empty for one that is not known.
#[must_use]
pub fn state(lang: Lang, kind: &str, word: &str) -> Chip {
    let (zh, en, tone) = match (kind, word) {
        ("order", "placed") => ("已下单", "Placed", ""),
        ("order", "paid" | "matched") => ("已付款", "Paid", ""),
        ("order", "cleared") => ("已申报", "Filed", ""),
        ("order", "fulfilled") => ("已完成", "Done", "good"),
        ("order", "cancelled") => ("已取消", "Cancelled", "bad"),
        ("order", "returned") => ("已退货", "Returned", "warn"),
        ("declaration", "drafted") => ("待发送", "To be sent", ""),
        ("declaration", "sent") => ("已发送", "Sent", ""),
        ("declaration", "accepted") => ("已受理", "Accepted", ""),
        ("declaration", "released") => ("已放行", "Released", "good"),
        ("declaration", "review") => ("人工审核", "Under review", "warn"),
        ("declaration", "inspected") => ("查验", "Inspection", "warn"),
        ("declaration", "rejected") => ("退单", "Rejected", "bad"),
        ("declaration", "exception") => ("异常", "Exception", "bad"),
        ("declaration", "cancelled") => ("已撤销", "Cancelled", "bad"),
        ("declaration", "refunded") => ("已退货", "Returned", "warn"),
        ("declaration", "closed") => ("结关", "Closed", "good"),
        ("parcel", "picking") => ("配货中", "Picking", ""),
        ("parcel", "ready") => ("待入柜", "Ready", ""),
        ("parcel", "in_locker") => ("在柜", "In the locker", "good"),
        ("parcel", "attention") => ("需查看", "To be looked at", "bad"),
        ("parcel", "collected") => ("已提货", "Collected", "good"),
        ("parcel", "overdue") => ("逾期未取", "Overdue", "warn"),
        ("parcel", "back_to_stock") => ("已退回仓库", "Back to stock", ""),
        _ => return Chip { text: "", tone: "" },
    };
    Chip { text: lang.t(zh, en), tone }
}

/// The name of a kind of task; `None` for one this page does not know.
#[must_use]
pub fn task(lang: Lang, word: &str) -> Option<&'static str> {
    let (zh, en) = match word {
        "refused" => ("海关退单", "Refused by customs"),
        "unanswered" => ("海关未答复", "No answer of customs"),
        "unapplied" => ("回执未处理", "Receipt not applied"),
        "application_refused" => ("申请被拒", "Application refused"),
        "detained" => ("海关扣留", "Detained by customs"),
        "unknown_code" => ("未知代码", "Unknown code"),
        "contradiction" => ("与海关记录矛盾", "Contradicts customs"),
        "unmatched" => ("无主回执", "Receipt of nothing known"),
        "parked" => ("报文被拒收", "Message not taken"),
        "tax_differs" => ("税额不一致", "Tax differs"),
        "certificate" => ("证书将到期", "Certificate runs out"),
        "not_back" => ("退货未运回", "Returned goods not back"),
        "not_sent" => ("文件未发出", "File not sent"),
        "payment_data" => ("支付数据未上传", "Payment data not taken"),
        "payback" => ("退款未完成", "Not paid back"),
        "payment_declaration" => ("支付单未申报", "Payment not declared"),
        "call" => ("自提柜呼叫店员", "A kiosk calls for staff"),
        "overdue" => ("逾期未取", "Overdue parcel"),
        "webhook" => ("商家通知失败", "A shop cannot be told"),
        "taken_out" => ("包裹已取出", "Parcel taken out"),
        "examined" => ("海关审核或查验", "Examined by customs"),
        "mismatch" => ("单证不一致", "Documents do not match"),
        "reconciliation" => ("对账有差异", "Differences of a day"),
        _ => return None,
    };
    Some(lang.t(zh, en))
}

/// What a kiosk calls for; `None` for a code that this page does not know.
#[must_use]
pub fn call(lang: Lang, code: &str) -> Option<&'static str> {
    let (zh, en) = match code {
        "HELP_ASKED" => ("顾客求助", "Shopper asks for help"),
        "PRINTER" => ("打印机缺纸或故障", "Printer out of paper or broken"),
        "LOCK" => ("柜锁无响应或柜门未打开", "A lock does not answer or a door did not open"),
        "DOOR_AJAR" => ("柜门没有关好", "A door is left open"),
        "DOOR_UNKNOWN" => ("柜门情况不明，请查看", "Look behind a door: what it did is not known"),
        "DOOR_UNASKED" => {
            ("柜门无故开着，请立即查看", "A door stands open though nobody asked: look at once")
        }
        "READER_DOWN" => ("身份证阅读器无响应", "The ID card reader does not answer"),
        "RELEASE_WITHDRAWN" => ("放行已撤销，顾客在柜前", "A release was withdrawn; the shopper is there"),
        "JOURNAL_FAILED" => ("自提柜无法记录，已停用", "The kiosk cannot keep its journal and serves nobody"),
        "GOODS_MISSING" => ("顾客反映少货", "A shopper says goods are missing"),
        "GOODS_DAMAGED" => ("顾客反映商品破损", "A shopper says goods are damaged"),
        "GOODS_NOT_MINE" => ("顾客反映商品不对", "A shopper says the goods are not theirs"),
        "GOODS_DOOR_EMPTY" => ("顾客反映柜内无货", "A shopper says nothing was behind the door"),
        _ => return None,
    };
    Some(lang.t(zh, en))
}

/// Why a door is opened.
#[must_use]
pub fn purpose(lang: Lang, word: &str) -> &'static str {
    let (zh, en) = match word {
        "removal" => ("取出包裹", "Take a parcel out"),
        "inspect" => ("查看或清洁", "Look inside or clean"),
        "forgotten" => ("遗留物品", "Something left behind"),
        "repair" => ("维修", "Repair"),
        "parcel" => ("处理包裹", "Look after the parcel"),
        "customs" => ("海关查看", "Customs wants to see it"),
        _ => ("其他", "Other"),
    };
    lang.t(zh, en)
}

/// How a door that was wished for from the console stands, and its tone.
#[must_use]
pub fn wish(lang: Lang, state: &str, outcome: Option<&str>) -> (String, &'static str) {
    let (zh, en, tone) = match (state, outcome) {
        ("asked", _) => ("待第二人复核", "Waits for a second person", "warn"),
        ("confirmed", _) => ("等待自提柜", "Waits for the kiosk", "warn"),
        ("fetched", _) => ("自提柜正在开门", "The kiosk opens it", "warn"),
        ("withdrawn", _) => ("已撤回", "Taken back", ""),
        ("expired", _) => ("已过期，未开门", "Ran out; not opened", ""),
        ("refused", Some("not_released")) => ("未放行，未开门", "Not released; not opened", "bad"),
        ("refused", _) => ("被拒绝，未开门", "Refused; not opened", "bad"),
        (_, Some("shut")) => ("已打开并关好", "Opened and shut again", "good"),
        (_, Some("inside")) => ("已关好，包裹仍在", "Shut; the parcel is inside", "good"),
        (_, Some("taken_out")) => ("包裹已取出", "The parcel was taken out", "good"),
        (_, Some("empty")) => ("里面没有包裹", "No parcel was inside", "bad"),
        (_, Some("not_opened")) => ("门没有打开", "The door did not open", "bad"),
        (_, Some("unclear")) => ("结果不明，请到现场查看", "Not known: go and look", "bad"),
        _ => ("已结束", "Ended", ""),
    };
    (lang.t(zh, en).to_owned(), tone)
}

/// Why a door is not opened from the console, in both languages.
#[must_use]
pub const fn wish_refused(code: &str) -> (&'static str, &'static str) {
    match code.as_bytes() {
        b"not_released" => (
            "柜门里的包裹海关未放行（或已撤销），不能开门。",
            "The parcel behind this door is not released by customs, or not any more: the door is not opened.",
        ),
        b"reserved" => (
            "这个柜门正在存放包裹，请稍后再试。",
            "A parcel is being put behind this door. Try again in a while.",
        ),
        b"already" => (
            "这个柜门已有开门申请，请先处理或撤回。",
            "Somebody wants this door open already: confirm that or take it back first.",
        ),
        b"same_person" => (
            "须由另一个账号复核，不能自己复核。",
            "Another account must confirm it; nobody confirms their own.",
        ),
        _ => (
            "这个申请已不存在或已过期，什么也没有改动。",
            "This wish is gone or its time is over. Nothing was changed.",
        ),
    }
}

/// What a person does about a kind of task; nothing for one this page does not know.
#[must_use]
pub fn advice(lang: Lang, word: &str) -> &'static str {
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
    kind.map(Kind::advice).map_or("", |(zh, en)| lang.t(zh, en))
}

/// The backend's own commands for a kind of task.
#[must_use]
pub fn commands(word: &str) -> &'static [&'static str] {
    Kind::ALL.into_iter().find(|kind| kind.as_str() == word).map_or(&[], Kind::commands)
}

/// What an application to customs asks for.
#[must_use]
pub const fn application(lang: Lang, kind: ApplicationKind) -> &'static str {
    match kind {
        ApplicationKind::Cancel => lang.t("撤销", "Cancellation"),
        ApplicationKind::Refund => lang.t("退货", "Return"),
    }
}

/// Where an application to customs stands.
#[must_use]
pub const fn application_state(lang: Lang, state: ApplicationState) -> &'static str {
    match state {
        ApplicationState::Drafted => lang.t("待发送", "to be sent"),
        ApplicationState::Sent => lang.t("已发送", "sent"),
        ApplicationState::Accepted => lang.t("海关已接收", "customs has it"),
        ApplicationState::Review => lang.t("海关审核中", "under review at customs"),
        ApplicationState::Concluded => lang.t("海关已同意", "granted by customs"),
        ApplicationState::Refused => lang.t("海关未同意", "refused by customs"),
    }
}

/// What an account did, or what was done to it; `None` for what this page does not know.
#[must_use]
pub fn did(lang: Lang, state: &str) -> Option<&'static str> {
    let (zh, en) = match state {
        "added" => ("增加账号", "Account added"),
        "changed" => ("更改角色", "Role changed"),
        "signed_in" => ("登录", "Signed in"),
        "second_person" => ("在他人屏幕上复核", "Confirmed at another's screen"),
        "slowed_down" => ("多次失败，已限速", "Slowed down after failures"),
        "password_changed" => ("更改密码", "Password changed"),
        "password_reset" => ("重置密码", "Password reset"),
        "second_factor_on" => ("启用第二步验证", "Second step on"),
        "second_factor_off" => ("关闭第二步验证", "Second step off"),
        "recovery_code_used" => ("使用恢复码", "Recovery code used"),
        "session_ended" => ("强制退出", "Session ended"),
        "disabled" => ("停用", "Disabled"),
        "enabled" => ("启用", "Enabled"),
        "code_asked" => ("生成配对码", "Pairing code made"),
        "revocation_asked" => ("停用自提柜", "Kiosk shut out"),
        "read_filed" => ("查看申报原文", "Read what was filed"),
        "limit_looked_up" => ("查询个人额度", "Looked up a limit"),
        "open" => ("备注或分派", "Noted or assigned"),
        "settled" => ("处理完毕", "Settled"),
        "asked" => ("申请账册变更", "Asked for a change of the book"),
        "refused" => ("未批准", "Refused"),
        "entered" => ("批准入区", "Approved an entry"),
        "corrected" => ("批准更正", "Approved a correction"),
        "counting" => ("盘点", "Counted"),
        "review" => ("盘点完成", "Ended a count"),
        "signed" => ("签核", "Signed off"),
        "dropped" => ("放弃盘点", "Gave a stocktake up"),
        _ => return None,
    };
    Some(lang.t(zh, en))
}

/// Why something entered a book line.
#[must_use]
pub fn entry(lang: Lang, kind: &str) -> &'static str {
    match kind {
        "opening" => lang.t("期初", "Opening balance"),
        "entry" => lang.t("入区", "Entry"),
        "correction" => lang.t("更正", "Correction"),
        "stocktake" => lang.t("盘点", "Stocktake"),
        _ => "",
    }
}

/// Where a stocktake stands.
#[must_use]
pub fn stocktake(lang: Lang, state: take::State) -> Chip {
    let (zh, en, tone) = match state {
        take::State::Counting => ("盘点中", "Counting", "warn"),
        take::State::Review => ("待签核", "To be signed", "warn"),
        take::State::Signed => ("已签核", "Signed off", "good"),
        take::State::Dropped => ("已放弃", "Given up", ""),
    };
    Chip { text: lang.t(zh, en), tone }
}

/// How a request for a change of the book stands.
#[must_use]
pub fn request(lang: Lang, state: &str) -> Chip {
    let (zh, en, tone) = match state {
        "open" => ("待批准", "Waiting", "warn"),
        "approved" => ("已批准", "Approved", "good"),
        "refused" => ("未批准", "Refused", "bad"),
        _ => ("", "", ""),
    };
    Chip { text: lang.t(zh, en), tone }
}

/// What a reconciliation counts.
#[must_use]
pub const fn counted(lang: Lang, what: What) -> &'static str {
    match what {
        What::Orders => lang.t("下单", "Orders placed"),
        What::Payments => lang.t("付款", "Payments"),
        What::Declarations => lang.t("申报（税额）", "Declarations, with their tax"),
        What::Releases => lang.t("放行（税额）", "Releases, with their tax"),
        What::Pickups => lang.t("提货", "Handed over"),
        What::Applications => lang.t("撤销与退货申请", "Cancellations and returns asked for"),
        What::Returns => lang.t("退货运回", "Returned goods back"),
        What::TaxPaid => lang.t("缴清税单", "Tax bills paid"),
    }
}

/// What does not agree.
#[must_use]
pub fn difference(lang: Lang, difference: &Difference) -> String {
    let sides = |zh: &str, en: &str| lang.t(zh, en).to_owned();
    match difference {
        Difference::OnlyTrail { what, entity } => {
            let told = sides("只在流水中，数据里没有", "on the trail only, not in the tables");
            format!("{} {entity}: {told}", counted(lang, *what))
        }
        Difference::OnlyTables { what, entity } => {
            let told = sides("只在数据中，流水里没有", "in the tables only, not on the trail");
            format!("{} {entity}: {told}", counted(lang, *what))
        }
        Difference::Amount { what, entity, trail_fen, tables_fen } => {
            let [trail, tables] = [*trail_fen, *tables_fen].map(super::text::money);
            let (by, but) = (lang.t("流水", "trail"), lang.t("数据", "tables"));
            format!("{} {entity}: {by} {trail}, {but} {tables}", counted(lang, *what))
        }
        Difference::Account { key, trail, table } => {
            let words =
                |b: &crate::reconcile::sheet::Balance| format!("{} / {} / {}", b.entered, b.held, b.out);
            let what = lang.t("入区 / 占用 / 出区", "entered / held / out");
            let (by, but) = (lang.t("流水", "trail"), lang.t("数据", "table"));
            format!("{key} ({what}): {by} {}, {but} {}", words(trail), words(table))
        }
        Difference::Entries { key, trail, table } => {
            let (by, but) = (lang.t("当日入区：流水", "entries of the day: trail"), lang.t("数据", "table"));
            format!("{key} {by} {trail}, {but} {table}")
        }
        Difference::Unbalanced { key } => {
            format!(
                "{key}: {}",
                sides("期初、进出与期末不平", "opening, movements and closing do not balance")
            )
        }
        Difference::Opening { key, closed, opens } => {
            let (by, but) =
                (lang.t("前一日期末", "closed the day before with"), lang.t("今日期初", "opens with"));
            format!("{key}: {by} {}, {but} {}", closed.inside(), opens.inside())
        }
        Difference::TrailBroken { row } => {
            let told = sides("起被改动过", "or the row before it was changed after it was written");
            format!("{} {row} {told}", lang.t("流水第", "Trail: row"))
        }
        Difference::TrailReplaced { row } => {
            let told = sides("与前一日签名的不是同一份", "is not the one that was signed for the day before");
            format!("{} {row} {told}", lang.t("流水第", "Trail: row"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_task_has_a_name_in_both_languages() {
        for kind in Kind::ALL {
            let [zh, en] = [Lang::Zh, Lang::En].map(|lang| task(lang, kind.as_str()));
            assert!(zh.is_some() && en.is_some() && zh != en, "{kind:?}");
        }
    }
}
