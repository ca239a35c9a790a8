//! What is known of a task, as pages show it: names in words, times as in China, amounts in yuan.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::{text, words};
use crate::time::us;
use crate::web::Lang;

/// Name and value of each fact in the body of a task. A name without a word for it stays as it is stored.
#[must_use]
pub fn read(lang: Lang, body: &str) -> Vec<(String, String)> {
    let Ok(Json::Object(fields)) = serde_json::from_str(body) else { return Vec::new() };
    let other = lang.t("en", "zh");
    let shown = fields.into_iter().filter(|(name, value)| name != other && !value.is_null());
    shown.map(|(name, said)| (named(lang, &name), value(&name, said))).collect()
}

/// A kiosk's call in words: which kiosk, what for, and about what; `None` when it is not known what for.
#[must_use]
pub fn call(lang: Lang, body: &str) -> Option<String> {
    let body: Json = serde_json::from_str(body).ok()?;
    let field = |name| body.get(name).and_then(Json::as_str);
    let code = field("code")?;
    let what = words::call(lang, code)?;
    let door = code.starts_with("DOOR_").then(|| lang.t("柜门 ", "door "));
    let about = field("about").map(|about| format!("{}{about}", door.unwrap_or_default()));
    let parts = [field("kiosk").map(str::to_owned), Some(what.to_owned()), about];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

fn value(name: &str, said: Json) -> String {
    match said {
        Json::Number(fen) if name.ends_with("_fen") => {
            fen.as_i64().map_or_else(|| fen.to_string(), text::money)
        }
        Json::String(said) => said.parse::<Timestamp>().map_or(said, |at| text::moment(us(at))),
        other => other.to_string(),
    }
}

fn named(lang: Lang, name: &str) -> String {
    let (zh, en) = match name {
        "zh" | "en" => ("说明", "In words"),
        "at" => ("时间", "At"),
        "about" => ("柜门或小票", "Door or slip"),
        "ago_s" => ("告知前已过（秒）", "Seconds before it was told"),
        "who" => ("由谁处理", "For whom"),
        "cause" => ("原因类别", "Kind of cause"),
        "code" => ("代码", "Code"),
        "status" => ("回执状态", "Status of the receipt"),
        "info" => ("海关原文", "As customs wrote it"),
        "why" => ("原因", "Why"),
        "what" => ("内容", "What"),
        "kind" => ("类型", "Kind"),
        "by" => ("操作人", "By"),
        "from" => ("来自", "From"),
        "until" => ("截止", "Until"),
        "attempts" => ("次数", "Attempts"),
        "order_no" => ("订单号", "Order"),
        "pickup" => ("提货号", "Pickup number"),
        "waybill" => ("运单号", "Waybill"),
        "kiosk" => ("自提柜", "Kiosk"),
        "door" => ("柜门", "Door"),
        "application" => ("申请", "Application"),
        "invt_no" => ("清单编号", "Declaration number"),
        "merchant" => ("商家", "Shop"),
        "url" => ("地址", "Address"),
        "file" => ("文件", "File"),
        "message" => ("报文", "Message"),
        "state" => ("状态", "State"),
        "report" => ("报告", "Report"),
        "conflicts" => ("矛盾", "Contradictions"),
        "transaction" => ("支付流水号", "Payment number"),
        "amount_fen" => ("金额（元）", "Amount, CNY"),
        "computed_fen" => ("系统计算（元）", "Worked out here, CNY"),
        "customs_fen" => ("海关税单（元）", "On customs' bill, CNY"),
        "tolerance_fen" => ("允许差额（元）", "Tolerance, CNY"),
        "holder" => ("证书持有人", "Holder"),
        "purpose" => ("用途", "Purpose"),
        other => return other.to_owned(),
    };
    lang.t(zh, en).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_told_in_words_in_the_reader_s_language_and_unknown_ones_stay() {
        let body = r#"{"zh":"支付企业不一致。","en":"It differs.","at":"2026-11-21T21:21:13.783Z","amount_fen":123456,"x":[1],"y":null}"#;
        let told = |lang| {
            let mut told = read(lang, body);
            told.sort();
            told.into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
        };
        assert_eq!(
            told(Lang::En),
            ["Amount, CNY: 1,234.56", "At: 2026-11-22 05:21:13", "In words: It differs.", "x: [1]"]
        );
        assert!(told(Lang::Zh).contains(&"说明: 支付企业不一致。".to_owned()));
        assert!(read(Lang::Zh, "not an object").is_empty());
    }

    #[test]
    fn a_call_says_which_kiosk_what_for_and_about_what() {
        let forced = r#"{"kiosk":"K1","code":"DOOR_UNASKED","ago_s":2,"about":"6"}"#;
        assert_eq!(call(Lang::Zh, forced).unwrap(), "K1 · 柜门无故开着，请立即查看 · 柜门 6");
        let told = "K1 · A door stands open though nobody asked: look at once · door 6";
        assert_eq!(call(Lang::En, forced).unwrap(), told);
        let goods = r#"{"kiosk":"K1","code":"GOODS_DAMAGED","ago_s":0,"about":"S2026112100000042"}"#;
        assert_eq!(call(Lang::Zh, goods).unwrap(), "K1 · 顾客反映商品破损 · S2026112100000042");
        assert_eq!(call(Lang::En, r#"{"code":"HELP_ASKED"}"#).unwrap(), "Shopper asks for help");
        for odd in [r#"{"code":"OF_A_LATER_VERSION"}"#, r#"{"code":7}"#, "{}", "not JSON"] {
            assert_eq!(call(Lang::En, odd), None, "{odd}");
        }
    }
}
