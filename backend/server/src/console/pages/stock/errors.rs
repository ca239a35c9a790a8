//! What staff are told when the book does not move.

use crate::stock::StockError;
use crate::stock::requests::RequestError;
use crate::stock::take::TakeError;
use crate::web::WebError;

impl From<StockError> for WebError {
    fn from(cause: StockError) -> Self {
        let zh = match &cause {
            StockError::Store(_) => return Self::internal(&cause),
            StockError::NoLine(key) => format!("账册中没有 {key} 这一行，请在库存页核对。"),
            StockError::Held { key, asked, available } => format!(
                "{key}：要核减 {asked}，但现存只有 {available}，其余已被订单占用或已出区。请核对数量，或先处理占用的订单。什么也没有改动。"
            ),
            StockError::Amount(key) => format!("{key}：数量为零或超出范围，请核对。"),
        };
        Self::refused(zh, sentence(&cause))
    }
}

impl From<RequestError> for WebError {
    fn from(cause: RequestError) -> Self {
        let zh = match &cause {
            RequestError::Stock(_) => String::new(),
            RequestError::None(id) => format!("申请 {id} 不存在或已有人处理。"),
            RequestError::OwnRequest(name) => format!("这是“{name}”自己的申请，须由另一位主管处理。"),
            RequestError::EntryBelowZero => "入区数量须大于零；要核减请选“更正”。".to_owned(),
        };
        match cause {
            RequestError::Stock(cause) => cause.into(),
            other => Self::refused(zh, sentence(&other)),
        }
    }
}

impl From<TakeError> for WebError {
    fn from(cause: TakeError) -> Self {
        let zh = match &cause {
            TakeError::Stock(_) => String::new(),
            TakeError::None(id) => format!("盘点 {id} 不存在，或已进行到下一步。请返回刷新。"),
            TakeError::Empty => "请至少选择一行。".to_owned(),
            TakeError::Busy { key, take } => format!("{key} 正在盘点 {take} 中，请先完成或放弃那次盘点。"),
            TakeError::NotInIt(code) => format!("“{code}”不在本次盘点范围内，没有计数。请核对条码。"),
            TakeError::Amount(key) => format!("{key}：盘点数量须为零或以上。"),
            TakeError::Uncounted(count) => format!("还有 {count} 行没有盘点；没有实物的请填 0。"),
            TakeError::Moved(keys) => {
                format!("这些行在盘点过程中有货物进出，请重新盘点：{}", keys.join("、"))
            }
            TakeError::OwnCount(name) => format!("“{name}”参与了本次盘点，须由另一位主管签核。"),
        };
        match cause {
            TakeError::Stock(cause) => cause.into(),
            other => Self::refused(zh, sentence(&other)),
        }
    }
}

/// An error's words as a sentence.
fn sentence(cause: &dyn std::fmt::Display) -> String {
    let words = cause.to_string();
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
