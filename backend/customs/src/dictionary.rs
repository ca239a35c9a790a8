//! Why customs answered as it did: codes in receipts, as data, with a cause to branch on and a sentence to show.
//!
//! No complete list of codes is published. What is known stands in `data/codes.tsv`; staff add to it by a file of the
//! same form.

use std::collections::HashMap;

use pickup_domain::declaration::DeclarationState;

use crate::status::Status;

/// Declares an enum with the name each of its values has in the data file.
macro_rules! words {
    ($(#[$outer:meta])* pub enum $enum:ident { $( $(#[$meta:meta])* $name:ident = $text:literal, )* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum {
            $( $(#[$meta])* $name, )*
        }

        impl $enum {
            /// Stable name, as in the data file, in logs and on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$name => $text, )* }
            }

            /// The value of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $( $text => Some(Self::$name), )* _ => None }
            }
        }
    };
}

words! {
    /// What a code means for what happens next.
    pub enum Cause {
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
}

words! {
    /// Who must act now.
    pub enum Who {
        /// Nobody.
        Nobody = "nobody",
        /// The shopper, who reads why.
        Shopper = "shopper",
        /// Who files the declarations.
        Operator = "operator",
        /// A person at customs.
        Customs = "customs",
        /// Whoever runs the port's system.
        Port = "port",
    }
}

words! {
    /// What the system does by itself about a declaration that did not go through.
    pub enum Remedy {
        /// Nothing: it goes its way, or waits.
        Nothing = "nothing",
        /// It ends: what is held is given back, and the buyer gets the money back.
        Refuse = "refuse",
        /// It is written and sent anew after a while.
        Again = "again",
        /// A person decides; everything stays held until then.
        Person = "person",
    }
}

/// One line of the dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it means for what happens next.
    pub cause: Cause,
    /// The state of the declaration that follows, as a word of [`DeclarationState`]; of a code without one, the
    /// status beside it says it.
    pub follows: Option<DeclarationState>,
    /// Who must act.
    pub who: Who,
    /// What the system does.
    pub remedy: Remedy,
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
    /// Who must act.
    pub who: Who,
    /// What the system does.
    pub remedy: Remedy,
    /// Whether neither the code nor the status is in the dictionary.
    pub unknown: bool,
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

    /// Adds codes from a text of lines of seven fields divided by tabs: code, cause, state that follows, who must act,
    /// what the system does, Chinese, English (see `data/codes.tsv`); a known code is replaced.
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
        if let Status::Exception(code) = status {
            let code = code.to_string();
            return explanation(code.clone(), self.get(&code), status, detail);
        }
        // A code nobody has explained yet says more than the status it comes with, but only a person knows what.
        let code = codes.into_iter().next().map(|code| code.code).unwrap_or_default();
        let mut explained = explanation(code.clone(), self.of_status(status), status, detail);
        explained.unknown |= !code.is_empty() && explained.remedy == Remedy::Person;
        explained
    }

    /// The entry of a status.
    #[must_use]
    pub fn of_status(&self, status: Status) -> Option<&Entry> {
        self.get(&format!("@{}", status.code()))
    }
}

fn explanation(code: String, entry: Option<&Entry>, status: Status, detail: String) -> Explanation {
    match entry {
        Some(entry) => Explanation {
            cause: entry.cause,
            who: entry.who,
            remedy: entry.remedy,
            unknown: false,
            code,
            zh: entry.zh.clone(),
            en: entry.en.clone(),
            detail,
        },
        None => Explanation {
            cause: Cause::Other,
            who: Who::Operator,
            remedy: Remedy::Person,
            unknown: true,
            code,
            zh: status.zh().to_owned(),
            en: status.en().to_owned(),
            detail,
        },
    }
}

fn parse_line(line: &str) -> Result<(String, Entry), &'static str> {
    let parts: Vec<&str> = line.split('\t').collect();
    let &[code, cause, follows, who, remedy, zh, en] = parts.as_slice() else {
        return Err(
            "seven fields divided by tabs are needed: code, cause, state, who, what is done, Chinese, English",
        );
    };
    if [code, zh, en].iter().any(|part| part.trim().is_empty()) {
        return Err("no field may be empty");
    }
    let follows = match follows {
        "-" => None,
        word => Some(DeclarationState::from_word(word).ok_or("the state is not known")?),
    };
    let entry = Entry {
        cause: Cause::from_name(cause).ok_or("the cause is not known")?,
        follows,
        who: Who::from_name(who).ok_or("who must act is not known")?,
        remedy: Remedy::from_name(remedy).ok_or("what is to be done is not known")?,
        zh: zh.to_owned(),
        en: en.to_owned(),
    };
    Ok((code.to_owned(), entry))
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
        assert_eq!(dictionary.explain(Status::Rejected, "[Code:1313;Desc:x]").remedy, Remedy::Refuse);
        assert_eq!(dictionary.explain(Status::Exception(-621_014), "").remedy, Remedy::Again);
    }

    #[test]
    fn what_nobody_has_explained_goes_to_a_person() {
        let dictionary = Dictionary::standard().unwrap();
        for (status, info) in [(Status::Exception(-999_999), "x"), (Status::Rejected, "[Code:9999;Desc:?]")] {
            let why = dictionary.explain(status, info);
            assert_eq!(
                (why.remedy, why.who, why.unknown),
                (Remedy::Person, Who::Operator, true),
                "{status:?}"
            );
        }
        let why = dictionary.explain(Status::Received, "[Code:9999;Desc:?]");
        assert_eq!((why.remedy, why.unknown), (Remedy::Nothing, false), "it goes its way all the same");
    }

    #[test]
    fn the_state_a_status_is_said_to_lead_to_is_the_one_it_leads_to() {
        use pickup_domain::declaration::{Answers, Receipt, Standing};
        let dictionary = Dictionary::standard().unwrap();
        for code in [1, 2, 3, 4, 100, 120, 300, 399, 500, 501, 502, 503, 599, 700, 800, 899] {
            let receipt = Receipt { answers: Answers::List, status: code, at: jiff::Timestamp::UNIX_EPOCH };
            let state = Standing::new(true).take(receipt).0.state;
            let entry = dictionary.of_status(Status::from_code(code)).unwrap();
            assert_eq!(entry.follows, Some(state), "{code}");
        }
    }

    #[test]
    fn staff_can_add_and_replace_codes() {
        let mut dictionary = Dictionary::standard().unwrap();
        dictionary
            .extend("# ours\n\n9999\tnot_registered\t-\toperator\tperson\t未备案。\tNot registered.\n")
            .unwrap();
        assert_eq!(dictionary.explain(Status::Rejected, "[Code:9999;Desc:?]").cause, Cause::NotRegistered);
        let error = dictionary.extend("1\tnonsense\t-\tnobody\tnothing\tx\ty").unwrap_err();
        assert_eq!(error.to_string(), "line 1 of the code dictionary: the cause is not known");
    }
}
