//! The allow-list: exceptions to rules, each with its reason; an entry nothing needs any more is a fault.

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

use super::{Fault, Rule};

/// Where the list is kept, relative to the root.
pub const PATH: &str = "xtask/tidy-allow.toml";

/// Rules that admit exceptions; the others have none.
const EXCUSABLE: [Rule; 3] = [Rule::FileLines, Rule::FunctionLines, Rule::Panics];

struct Entry {
    path: String,
    rule: String,
    item: String,
    used: bool,
}

/// Takes out the faults that the list excuses and adds one for each entry that excuses nothing.
pub fn apply(faults: Vec<Fault>, list: &str) -> Result<Vec<Fault>> {
    let mut entries = parse(list)?;
    let mut left = Vec::new();
    for fault in faults {
        let entry = entries.iter_mut().find(|entry| entry.excuses(&fault));
        match entry {
            Some(entry) => entry.used = true,
            None => left.push(fault),
        }
    }
    left.extend(entries.iter().filter(|entry| !entry.used).map(Entry::stale));
    Ok(left)
}

impl Entry {
    fn excuses(&self, fault: &Fault) -> bool {
        self.path == fault.path
            && self.rule == fault.rule.word()
            && self.item == fault.item
            && EXCUSABLE.contains(&fault.rule)
    }

    fn stale(&self) -> Fault {
        let of = if self.item.is_empty() { String::new() } else { format!(" of `{}`", self.item) };
        Fault {
            path: PATH.to_owned(),
            line: 0,
            rule: Rule::AllowList,
            item: String::new(),
            text: format!("the entry {}{of} in {} excuses nothing: delete it", self.rule, self.path),
        }
    }
}

fn parse(list: &str) -> Result<Vec<Entry>> {
    let table: Table = list.parse().with_context(|| format!("{PATH} is not TOML"))?;
    let Some(entries) = table.get("allow") else { return Ok(Vec::new()) };
    let entries = entries.as_array().with_context(|| format!("`allow` in {PATH} is not a list of tables"))?;
    entries.iter().map(entry).collect()
}

fn entry(value: &Value) -> Result<Entry> {
    let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let entry = Entry { path: field("path"), rule: field("rule"), item: field("function"), used: false };
    if entry.path.is_empty() || entry.rule.is_empty() {
        bail!("an entry of {PATH} lacks its path or rule: {value}");
    }
    if field("reason").len() < 10 {
        bail!("the entry for {} in {PATH} gives no reason", entry.path);
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_file() -> Fault {
        Fault {
            path: "ui/src/lib.rs".to_owned(),
            line: 0,
            rule: Rule::FileLines,
            item: String::new(),
            text: "too long".to_owned(),
        }
    }

    const EXCUSE: &str =
        "[[allow]]\npath = 'ui/src/lib.rs'\nrule = 'file-lines'\nreason = 'one table of 400 screens'\n";

    #[test]
    fn a_listed_fault_is_excused() {
        assert_eq!(apply(vec![long_file()], EXCUSE).unwrap(), vec![]);
    }

    #[test]
    fn an_unlisted_fault_stays() {
        assert_eq!(apply(vec![long_file()], "").unwrap(), vec![long_file()]);
    }

    #[test]
    fn an_entry_that_excuses_nothing_is_a_fault() {
        let left = apply(vec![], EXCUSE).unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].rule, Rule::AllowList);
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        assert!(apply(vec![], "[[allow]]\npath = 'a.rs'\nrule = 'file-lines'\n").is_err());
    }

    #[test]
    fn a_rule_without_exceptions_cannot_be_excused() {
        let fault = Fault { rule: Rule::Head, ..long_file() };
        let list = EXCUSE.replace("file-lines", "head");
        assert_eq!(apply(vec![fault], &list).unwrap().len(), 2);
    }
}
