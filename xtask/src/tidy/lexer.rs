//! Just enough of Rust's grammar to look at code without its comments and strings.

use std::ops::RangeInclusive;

/// The source with comments, strings and character literals blanked out, line by line as it was.
pub fn code_only(source: &str) -> String {
    let letters: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < letters.len() {
        let end = literal_end(&letters, at, out.chars().next_back());
        if end == at {
            out.extend(letters.get(at));
            at += 1;
        } else {
            let blanked = letters.get(at..end).unwrap_or_default();
            out.extend(blanked.iter().map(|letter| if *letter == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that begins at `at` ends; `at` itself when none begins there.
fn literal_end(letters: &[char], at: usize, before: Option<char>) -> usize {
    let letter = |offset: usize| letters.get(at + offset).copied().unwrap_or('\0');
    let in_word = before.is_some_and(|before| before.is_alphanumeric() || before == '_');
    match (letter(0), letter(1)) {
        ('/', '/') => find(letters, at, |i| letters.get(i) == Some(&'\n')),
        ('/', '*') => block_comment_end(letters, at),
        ('"', _) => string_end(letters, at + 1),
        ('r', '"' | '#') if !in_word || before == Some('b') => raw_string_end(letters, at + 1).unwrap_or(at),
        ('\'', '\\') => find(letters, at + 3, |i| letters.get(i) == Some(&'\'')) + 1,
        ('\'', _) if letter(2) == '\'' => at + 3,
        _ => at,
    }
    .min(letters.len())
}

/// The first index from `from` on that satisfies the test, else the end.
fn find(letters: &[char], from: usize, test: impl Fn(usize) -> bool) -> usize {
    (from..letters.len()).find(|i| test(*i)).unwrap_or(letters.len())
}

fn block_comment_end(letters: &[char], at: usize) -> usize {
    let mut depth = 0usize;
    let mut i = at;
    while i < letters.len() {
        match (letters.get(i), letters.get(i + 1)) {
            (Some('/'), Some('*')) => {
                depth += 1;
                i += 2;
            }
            (Some('*'), Some('/')) => {
                depth = depth.saturating_sub(1);
                i += 2;
                if depth == 0 {
                    return i;
                }
            }
            _ => i += 1,
        }
    }
    letters.len()
}

fn string_end(letters: &[char], from: usize) -> usize {
    let mut i = from;
    while let Some(letter) = letters.get(i) {
        match letter {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    letters.len()
}

/// The end of a raw string whose hashes begin at `from`; `None` for a raw identifier.
fn raw_string_end(letters: &[char], from: usize) -> Option<usize> {
    let hashes = letters.get(from..)?.iter().take_while(|letter| **letter == '#').count();
    if letters.get(from + hashes) != Some(&'"') {
        return None;
    }
    let body = from + hashes + 1;
    let closes =
        |i: usize| letters.get(i) == Some(&'"') && (1..=hashes).all(|n| letters.get(i + n) == Some(&'#'));
    Some(find(letters, body, closes) + 1 + hashes)
}

/// A function and the lines it takes, both counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// From its `fn` to its closing brace.
    pub lines: RangeInclusive<usize>,
}

/// All functions with a body in code that has passed through [`code_only`].
pub fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("fn ") {
        let before = code.get(..start).unwrap_or_default().chars().next_back();
        if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
            continue;
        }
        let name: String = code
            .get(start + 3..)
            .unwrap_or_default()
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect();
        // Without a name it is the type of a function pointer.
        if !name.is_empty()
            && let Some(end) = body_end(code, start)
        {
            found.push(Function { name, lines: line_of(code, start)..=line_of(code, end) });
        }
    }
    found
}

/// Lines of modules marked `#[cfg(test)]` in code that has passed through [`code_only`].
pub fn test_lines(code: &str) -> Vec<RangeInclusive<usize>> {
    let starts = code.match_indices("#[cfg(test)]").map(|(start, _)| start);
    starts
        .filter_map(|start| body_end(code, start).map(|end| line_of(code, start)..=line_of(code, end)))
        .collect()
}

/// Names of modules that are test code kept in a file of their own.
pub fn test_modules(code: &str) -> Vec<String> {
    let tails = code.split("#[cfg(test)]").skip(1);
    tails
        .filter_map(|tail| tail.split_once(';')?.0.trim().rsplit_once("mod "))
        .filter(|(visibility, _)| visibility.is_empty() || visibility.starts_with("pub"))
        .map(|(_, name)| name.trim().to_owned())
        .filter(|name| name.chars().all(|letter| letter.is_alphanumeric() || letter == '_'))
        .collect()
}

/// Where the braces that follow `start` close; `None` when a semicolon comes first.
fn body_end(code: &str, start: usize) -> Option<usize> {
    let (mut braces, mut brackets) = (0usize, 0usize);
    for (offset, letter) in code.get(start..)?.char_indices() {
        match letter {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            ';' if braces == 0 && brackets == 0 => return None,
            '{' => braces += 1,
            '}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 && brackets == 0 {
                    return Some(start + offset);
                }
            }
            _ => {}
        }
    }
    None
}

fn line_of(code: &str, at: usize) -> usize {
    code.get(..at).unwrap_or_default().matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_and_lines_kept() {
        let source =
            "let a = \"x.unwrap()\\\"\"; // y.unwrap()\nlet b = r#\"todo!\"#; /* /* dbg! */ */ b.c();";
        let code = code_only(source);
        assert!(!code.contains("unwrap") && !code.contains("todo") && !code.contains("dbg"), "{code}");
        assert!(code.contains("b.c();"));
        assert_eq!(code.lines().count(), 2);
    }

    #[test]
    fn a_quote_character_does_not_open_a_string() {
        assert!(code_only("let q = '\"'; x.unwrap()").contains("unwrap"));
        assert!(code_only("let q = '\\''; x.unwrap()").contains("unwrap"));
    }

    #[test]
    fn a_lifetime_is_not_a_character() {
        assert!(code_only("fn f<'a>(x: &'a str) { x.unwrap() }").contains("unwrap"));
    }

    #[test]
    fn a_raw_identifier_is_not_a_string() {
        assert!(code_only("let r#type = y.unwrap();").contains("unwrap"));
    }

    #[test]
    fn functions_are_measured_to_their_closing_brace() {
        let code = "fn one() {\n    if a {\n    }\n}\nfn two();\nlet f: fn (u8) = x;\n";
        assert_eq!(functions(code), vec![Function { name: "one".to_owned(), lines: 1..=4 }]);
    }

    #[test]
    fn an_array_length_does_not_end_a_signature() {
        assert_eq!(functions("fn f() -> [u8; 4] {\n}\n").len(), 1);
    }

    #[test]
    fn test_modules_are_found_inline_and_in_files() {
        let code =
            "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n#[cfg(test)]\npub(crate) mod more;\n";
        assert_eq!(test_lines(code), vec![2..=5]);
        assert_eq!(test_modules(code), vec!["more".to_owned()]);
    }
}
