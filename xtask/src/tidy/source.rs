//! Rules about Rust files: heads, forbidden macros, panics, purity, sizes.

use std::collections::HashSet;

use super::lexer::{self, Function};
use super::{Fault, File, Rule};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;
const FORBIDDEN: [&str; 4] = ["todo!", "unimplemented!", "dbg!", "#[ignore"];
/// `.expect(` counts only before a text, which is blank by now: parsers have methods of that name.
const PANICS: [&str; 3] = [".unwrap()", ".expect( ", ".expect(&"];
/// Folders whose code takes time and everything else from outside as arguments.
const PURE: [&str; 2] = ["backend/domain/src/", "kiosk/session/src/"];
const IMPURE: [&str; 8] = [
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
];

/// Checks every Rust file.
pub fn check(files: &[File]) -> Vec<Fault> {
    let rust: Vec<&File> = files.iter().filter(|file| file.path.ends_with(".rs")).collect();
    let coded: Vec<(&File, String)> =
        rust.into_iter().map(|file| (file, lexer::code_only(&file.text))).collect();
    let test_files = test_files(&coded);
    let mut faults = Vec::new();
    for (file, code) in &coded {
        let tests = Tests { whole: test_files.contains(&file.path), lines: lexer::test_lines(code) };
        faults.extend(head(file));
        faults.extend(words(file, code, &FORBIDDEN, Rule::Forbidden, "finish it or leave it out", |_| true));
        faults.extend(words(file, code, &PANICS, Rule::Panics, "return an error instead", |line| {
            !tests.has(line)
        }));
        if PURE.iter().any(|room| file.path.starts_with(room)) {
            faults.extend(words(file, code, &IMPURE, Rule::Pure, "take it as an argument", |line| {
                !tests.has(line)
            }));
        }
        faults.extend(file_lines(file));
        faults.extend(function_lines(file, &lexer::functions(code)));
    }
    faults
}

struct Tests {
    whole: bool,
    lines: Vec<std::ops::RangeInclusive<usize>>,
}

impl Tests {
    fn has(&self, line: usize) -> bool {
        self.whole || self.lines.iter().any(|lines| lines.contains(&line))
    }
}

/// Files that are test code as a whole: integration tests, what lies in a folder `tests`, and modules their parent marks `#[cfg(test)]`.
fn test_files(coded: &[(&File, String)]) -> HashSet<String> {
    let mut found = HashSet::new();
    for (file, code) in coded {
        if file.path.contains("/tests/it/") || file.path.contains("/src/") && file.path.contains("/tests/") {
            found.insert(file.path.clone());
        }
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let stem = name.trim_end_matches(".rs");
        let inner = if matches!(stem, "lib" | "main" | "mod") {
            folder.to_owned()
        } else {
            format!("{folder}/{stem}")
        };
        for module in lexer::test_modules(code) {
            found.insert(format!("{inner}/{module}.rs"));
            found.insert(format!("{inner}/{module}/mod.rs"));
        }
    }
    found
}

fn fault(file: &File, line: usize, rule: Rule, item: &str, text: String) -> Fault {
    Fault { path: file.path.clone(), line, rule, item: item.to_owned(), text }
}

fn head(file: &File) -> Option<Fault> {
    let opens = file.text.lines().next().is_some_and(|line| line.starts_with("//! ") && line.len() > 8);
    let text = "the file does not open with a `//!` line that says what it is for";
    (!opens).then(|| fault(file, 1, Rule::Head, "", text.to_owned()))
}

fn words(
    file: &File,
    code: &str,
    words: &[&str],
    rule: Rule,
    advice: &str,
    counts: impl Fn(usize) -> bool,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(code.lines()) {
        for word in words.iter().filter(|word| has_word(line, word) && counts(number)) {
            faults.push(fault(file, number, rule, "", format!("`{word}`: {advice}")));
        }
    }
    faults
}

/// Whether the line has the word, not merely as the end of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let begins_a_name = word.starts_with(|letter: char| letter.is_alphanumeric());
    let line = format!("{line} ");
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default().chars().next_back();
        !begins_a_name || !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    })
}

fn file_lines(file: &File) -> Option<Fault> {
    let lines = file.text.lines().count();
    let text = format!("{lines} lines, more than {FILE_LINES}: divide it, or give the reason in {}", list());
    (lines > FILE_LINES).then(|| fault(file, 0, Rule::FileLines, "", text))
}

fn function_lines(file: &File, functions: &[Function]) -> Vec<Fault> {
    let length = |function: &Function| function.lines.end() - function.lines.start() + 1;
    let long = functions.iter().filter(|function| length(function) > FUNCTION_LINES);
    long.map(|function| {
        let text = format!(
            "`{}` has {} lines, more than {FUNCTION_LINES}: divide it, or give the reason in {}",
            function.name,
            length(function),
            list()
        );
        fault(file, *function.lines.start(), Rule::FunctionLines, &function.name, text)
    })
    .collect()
}

fn list() -> &'static str {
    super::allow::PATH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<Rule> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        check(&[file]).into_iter().map(|fault| fault.rule).collect()
    }

    const HEAD: &str = "//! What this is for.\n";

    #[test]
    fn a_file_without_a_head_is_a_fault() {
        assert_eq!(rules("ui/src/a.rs", "fn a() {}\n"), vec![Rule::Head]);
        assert_eq!(rules("ui/src/a.rs", HEAD), vec![]);
    }

    #[test]
    fn unfinished_code_is_a_fault_even_in_tests() {
        let text = format!("{HEAD}#[cfg(test)]\nmod tests {{\n #[ignore]\n fn a() {{ todo!() }}\n}}\n");
        assert_eq!(rules("ui/src/a.rs", &text), vec![Rule::Forbidden, Rule::Forbidden]);
    }

    #[test]
    fn a_panic_is_a_fault_outside_tests_only() {
        let text = format!(
            "{HEAD}fn a() {{ b.unwrap(); }}\n#[cfg(test)]\nmod tests {{\n fn t() {{ b.unwrap(); }}\n}}\n"
        );
        let file = File { path: "ui/src/a.rs".to_owned(), text: text.clone() };
        let faults = check(&[file]);
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), vec![2]);
        assert_eq!(rules("ui/tests/it/main.rs", &text), vec![]);
    }

    #[test]
    fn a_parser_may_have_a_method_called_expect() {
        let text = format!("{HEAD}fn a() {{ b.expect(TAG); c.expect(\n\"text\"); d.expect(\"text\"); }}\n");
        let file = File { path: "ui/src/a.rs".to_owned(), text };
        assert_eq!(check(&[file]).iter().map(|fault| fault.line).collect::<Vec<_>>(), vec![2, 3]);
    }

    #[test]
    fn a_module_kept_in_its_own_test_file_may_panic() {
        let parent =
            File { path: "a/src/b.rs".to_owned(), text: format!("{HEAD}#[cfg(test)]\nmod tests;\n") };
        let child =
            File { path: "a/src/b/tests.rs".to_owned(), text: format!("{HEAD}fn t() {{ x.unwrap(); }}\n") };
        assert_eq!(check(&[parent, child]), vec![]);
    }

    #[test]
    fn a_clock_in_a_pure_room_is_a_fault() {
        let text = format!("{HEAD}fn a() {{ let t = std::time::Instant::now(); }}\n");
        assert_eq!(rules("kiosk/session/src/a.rs", &text), vec![Rule::Pure]);
        assert_eq!(rules("kiosk/agent/src/a.rs", &text), vec![]);
    }

    #[test]
    fn long_files_and_functions_are_reported() {
        let body = "    a();\n".repeat(FUNCTION_LINES);
        let long = format!("{HEAD}fn a() {{\n{body}}}\n");
        assert_eq!(rules("ui/src/a.rs", &long), vec![Rule::FunctionLines]);
        let many = format!("{HEAD}{}", "const A: u8 = 1;\n".repeat(FILE_LINES));
        assert_eq!(rules("ui/src/a.rs", &many), vec![Rule::FileLines]);
    }
}
