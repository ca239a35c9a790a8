//! Local links in Markdown files lead to something that exists.

use std::path::Path;

use super::{Fault, File, Rule};

/// Checks every Markdown file.
pub fn check(files: &[File], root: &Path) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = root.join(&file.path).parent().map(Path::to_path_buf).unwrap_or_default();
        for (line, target) in local_links(&file.text) {
            if !folder.join(&target).exists() {
                faults.push(Fault {
                    path: file.path.clone(),
                    line,
                    rule: Rule::Links,
                    item: String::new(),
                    text: format!("the link leads to {target}, which does not exist"),
                });
            }
        }
    }
    faults
}

/// Line numbers and targets of links and pictures that lead into the repository.
fn local_links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let targets = inline_targets(line).into_iter().chain(definition_target(line));
            links.extend(targets.filter_map(|target| local(&target)).map(|target| (number, target)));
        }
    }
    links
}

/// Targets of `[text](target)` and of `src="target"` outside code spans.
fn inline_targets(line: &str) -> Vec<String> {
    let prose: Vec<&str> = line.split('`').step_by(2).collect();
    // Joined with a space, so that a link whose text is code is still seen.
    let prose = prose.join(" ");
    let after = |opening: &'static str, closing: char| {
        prose
            .split(opening)
            .skip(1)
            .filter_map(move |tail| tail.split_once(closing))
            .map(|(target, _)| target.to_owned())
            .collect::<Vec<_>>()
    };
    let mut targets = after("](", ')');
    targets.extend(after("src=\"", '"'));
    targets
}

/// The target of a reference definition, `[name]: target`.
fn definition_target(line: &str) -> Option<String> {
    let (name, target) = line.strip_prefix('[')?.split_once("]: ")?;
    (!name.contains(']')).then(|| target.trim().to_owned())
}

/// The path of a link into the repository; `None` for web addresses and places in the same file.
fn local(target: &str) -> Option<String> {
    let target = target.split_whitespace().next()?.trim_matches(['<', '>']);
    let path = target.split('#').next()?;
    let elsewhere = path.contains("://") || path.starts_with("mailto:");
    (!path.is_empty() && !elsewhere).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(text: &str) -> Vec<String> {
        local_links(text).into_iter().map(|(_, target)| target).collect()
    }

    #[test]
    fn links_pictures_and_definitions_are_found() {
        let text = "See [a](docs/a.md#top) and ![b](b.png \"title\").\n<img src=\"c.svg\">\n[d]: ../d.md\n";
        assert_eq!(targets(text), ["docs/a.md", "b.png", "c.svg", "../d.md"]);
    }

    #[test]
    fn web_addresses_anchors_and_code_are_left_alone() {
        let text = "[a](https://example.org/x) [b](#part) `[c](gone.md)`\n```\n[d](gone.md)\n```\n";
        assert_eq!(targets(text), Vec::<String>::new());
    }

    #[test]
    fn a_link_to_nothing_is_a_fault_and_one_to_a_file_is_not() {
        let root = cargo_root();
        let file = File { path: "a.md".to_owned(), text: "[x](Cargo.toml) [`y`](gone.md)\n".to_owned() };
        let faults = check(&[file], &root);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].text.contains("gone.md"));
    }

    fn cargo_root() -> std::path::PathBuf {
        crate::cargo::root().unwrap()
    }
}
