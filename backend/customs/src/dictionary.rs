//! Why customs answered as it did: codes in receipts, as data, with a cause to branch on and a sentence to show.
//!
//! No complete list of codes is published. What is known stands in `data/codes.tsv`; staff add to it by a file of the
//! same form.

use std::collections::HashMap;

use crate::status::Status;

/// Declares [`Cause`] with the name each has in the data file.
macro_rules! causes {
    ($( $(#[$meta:meta])* $name:ident = $text:literal, )*) => {
        /// What a code means for what happens next.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Cause {
            $( $(#[$meta])* $name, )*
        }

        impl Cause {
            /// Stable name, as in the data file, in logs and on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$name => $text, )* }
            }

            /// The cause of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $( $text => Some(Self::$name), )* _ => None }
            }
        }
    };
}

causes! {
    /// Things go their way.
    Progress = "progress",
    /// The buyer's annual limit would be exceeded: refund the buyer.
    AnnualLimit = "annual_limit",
    /// The order is over the limit for one purchase.
    SingleLimit = "single_limit",
    /// The order number exists already.
    DuplicateOrder = "duplicate_order",
    /// The order stands in a declared list and can no longer change.
    OrderDeclared = "order_declared",
    /// The waybill number exists already.
    DuplicateWaybill = "duplicate_waybill",
    /// The list was declared already.
    AlreadyDeclared = "already_declared",
    /// A newer version of the document was there first.
    OlderMessage = "older_message",
    /// The signature does not hold.
    BadSignature = "bad_signature",
    /// What was signed is not what was stored.
    SignedDataDiffers = "signed_data_differs",
    /// The certificate is not the declarant's.
    SignerNotDeclarant = "signer_not_declarant",
    /// Order, payment, waybill and list disagree.
    DocumentsDisagree = "documents_disagree",
    /// A company of the declaration is not registered.
    NotRegistered = "not_registered",
    /// A field or a total is wrong.
    InvalidContent = "invalid_content",
    /// The document's state does not allow what was asked.
    WrongState = "wrong_state",
    /// Something the document refers to is not there.
    NotFound = "not_found",
    /// A person at customs decides.
    ManualReview = "manual_review",
    /// Released.
    Released = "released",
    /// A fault on the port's side: send again later.
    PortFault = "port_fault",
    /// Not in the dictionary: show the port's own text.
    Other = "other",
}

/// One line of the dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it means for what happens next.
    pub cause: Cause,
    /// Sentence for Chinese readers.
    pub zh: String,
    /// Sentence for English readers.
    pub en: String,
}

/// A line of a dictionary file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the code dictionary: {reason}")]
pub struct DictionaryError {
    /// Line number from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: &'static str,
}

/// One `[Code:…;Desc:…]` of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InfoCode {
    /// The code, most often four digits.
    pub code: String,
    /// The port's description.
    pub desc: String,
}

/// Why a receipt says what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What to branch on.
    pub cause: Cause,
    /// The code that was looked up: from the text, or the negative status; empty when there is none.
    pub code: String,
    /// Sentence for Chinese readers.
    pub zh: String,
    /// Sentence for English readers.
    pub en: String,
    /// The port's own words.
    pub detail: String,
}

/// Codes and their meaning.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    entries: HashMap<String, Entry>,
}

/// The codes that are known.
const STANDARD: &str = include_str!("../data/codes.tsv");

impl Dictionary {
    /// The codes that come with the product.
    ///
    /// # Errors
    /// Does not happen: a test reads every line.
    pub fn standard() -> Result<Self, DictionaryError> {
        let mut dictionary = Self::default();
        dictionary.extend(STANDARD)?;
        Ok(dictionary)
    }

    /// Adds codes from a text of lines `code<TAB>cause<TAB>Chinese<TAB>English`; a known code is replaced.
    /// Empty lines and lines that begin with `#` are skipped.
    ///
    /// # Errors
    /// The first line that cannot be read; lines before it are added.
    pub fn extend(&mut self, text: &str) -> Result<(), DictionaryError> {
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (code, entry) = parse_line(line)
                .map_err(|reason| DictionaryError { line: index.saturating_add(1), reason })?;
            self.entries.insert(code, entry);
        }
        Ok(())
    }

    /// The entry of a code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Entry> {
        self.entries.get(code)
    }

    /// Explains a receipt by the first known code in its text, else by its status.
    #[must_use]
    pub fn explain(&self, status: Status, info: &str) -> Explanation {
        let codes = info_codes(info);
        let known = codes.iter().find_map(|code| Some((code, self.get(&code.code)?)));
        if let Some((code, entry)) = known {
            return explanation(code.code.clone(), Some(entry), status, code.desc.clone());
        }
        let detail = codes.first().map_or_else(|| info.to_owned(), |code| code.desc.clone());
        let code = match status {
            Status::Exception(code) => code.to_string(),
            _ => codes.into_iter().next().map(|code| code.code).unwrap_or_default(),
        };
        let entry = self.get(&code);
        explanation(code, entry, status, detail)
    }
}

fn explanation(code: String, entry: Option<&Entry>, status: Status, detail: String) -> Explanation {
    let (cause, zh, en) = match entry {
        Some(entry) => (entry.cause, entry.zh.clone(), entry.en.clone()),
        None => (cause_of(status), status.zh().to_owned(), status.en().to_owned()),
    };
    Explanation { cause, code, zh, en, detail }
}

/// What a status alone says.
fn cause_of(status: Status) -> Cause {
    match status {
        Status::Released => Cause::Released,
        Status::ManualReview => Cause::ManualReview,
        Status::SendFailed => Cause::PortFault,
        Status::Rejected | Status::Exception(_) | Status::Unknown(_) => Cause::Other,
        _ => Cause::Progress,
    }
}

fn parse_line(line: &str) -> Result<(String, Entry), &'static str> {
    let mut parts = line.split('\t');
    let (Some(code), Some(cause), Some(zh), Some(en), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("four fields divided by tabs are needed: code, cause, Chinese, English");
    };
    let cause = Cause::from_name(cause).ok_or("the cause is not known")?;
    if [code, zh, en].iter().any(|part| part.trim().is_empty()) {
        return Err("no field may be empty");
    }
    Ok((code.to_owned(), Entry { cause, zh: zh.to_owned(), en: en.to_owned() }))
}

/// Every `[Code:…;Desc:…]` in a text. A description may itself hold semicolons and brackets.
#[must_use]
pub fn info_codes(info: &str) -> Vec<InfoCode> {
    info.split("[Code:").skip(1).filter_map(info_code).collect()
}

fn info_code(after: &str) -> Option<InfoCode> {
    let inside = after.rsplit_once(']').map_or(after, |(inside, _)| inside);
    let (code, rest) = inside.split_once(';').unwrap_or((inside, ""));
    let code = code.trim();
    let desc = rest.trim_start().strip_prefix("Desc:").unwrap_or(rest).trim();
    (!code.is_empty()).then(|| InfoCode { code: code.to_owned(), desc: desc.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_standard_dictionary_can_be_read() {
        let dictionary = Dictionary::standard().unwrap();
        let lines = STANDARD.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert_eq!(dictionary.entries.len(), lines, "no code stands twice");
    }

    #[test]
    fn codes_are_found_in_the_text_of_a_receipt() {
        let info = "[Code:1313;Desc:超过个人年度购买额度;totalPrice：26,114.44 > limitPrice: 26,000;]";
        assert_eq!(
            info_codes(info),
            [InfoCode {
                code: "1313".to_owned(),
                desc: "超过个人年度购买额度;totalPrice：26,114.44 > limitPrice: 26,000;".to_owned()
            }]
        );
        let two = info_codes("[Code:1;Desc:a[b]c] [Code:2;Desc:]");
        assert_eq!(
            two.iter().map(|c| (c.code.as_str(), c.desc.as_str())).collect::<Vec<_>>(),
            [("1", "a[b]c"), ("2", "")]
        );
        assert_eq!(info_codes("新增申报成功[4CDE1CFD]"), []);
    }

    #[test]
    fn the_annual_limit_is_told_from_other_rejections() {
        let dictionary = Dictionary::standard().unwrap();
        let why = dictionary.explain(Status::Rejected, "[Code:1313;Desc:x]");
        assert_eq!((why.cause, why.detail.as_str()), (Cause::AnnualLimit, "x"));
        assert_eq!(dictionary.explain(Status::Exception(-621_018), "任意").cause, Cause::AnnualLimit);
        assert_eq!(dictionary.explain(Status::Rejected, "[Code:9999;Desc:?]").cause, Cause::Other);
        assert_eq!(dictionary.explain(Status::Exception(-1), "x").detail, "x");
    }

    #[test]
    fn staff_can_add_and_replace_codes() {
        let mut dictionary = Dictionary::standard().unwrap();
        dictionary.extend("# ours\n\n9999\tnot_registered\t未备案。\tNot registered.\n").unwrap();
        assert_eq!(dictionary.explain(Status::Rejected, "[Code:9999;Desc:?]").cause, Cause::NotRegistered);
        let error = dictionary.extend("1\tnonsense\tx\ty").unwrap_err();
        assert_eq!(error.to_string(), "line 1 of the code dictionary: the cause is not known");
    }
}
