//! What differs between two texts, line by line.

/// Lines shown around a change.
const AROUND: usize = 3;
/// Longest texts that are compared line by line; longer ones differ as a whole.
const MOST_LINES: usize = 2_000;

/// A line of two texts side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `same`, `gone`, `new` or `skip`.
    pub kind: &'static str,
    /// The line.
    pub text: String,
}

impl Line {
    /// A line that both texts have.
    #[must_use]
    pub fn same(text: &str) -> Self {
        Self { kind: "same", text: text.to_owned() }
    }

    /// Whether only one of them has it.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        matches!(self.kind, "gone" | "new")
    }

    /// What stands before it.
    #[must_use]
    pub fn sign(&self) -> &'static str {
        match self.kind {
            "gone" => "−",
            "new" => "+",
            "skip" => "⋯",
            _ => "",
        }
    }
}

/// The lines of both texts, those of the first that are gone before those of the second that are new.
#[must_use]
pub fn lines(before: &str, after: &str) -> Vec<Line> {
    let (mut a, mut b): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail_of =
        |a: &[&str], b: &[&str]| a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let begin: Vec<&str> = a.drain(..head).collect();
    b.drain(..head);
    let tail = tail_of(&a, &b);
    let end = a.split_off(a.len().saturating_sub(tail));
    b.truncate(b.len().saturating_sub(tail));
    let mut out: Vec<Line> = begin.into_iter().map(Line::same).collect();
    out.extend(middle(&a, &b));
    out.extend(end.into_iter().map(Line::same));
    out
}

/// The longest common lines of what is left between equal beginnings and ends.
fn middle(a: &[&str], b: &[&str]) -> Vec<Line> {
    let gone = |text: &&str| Line { kind: "gone", text: (*text).to_owned() };
    let new = |text: &&str| Line { kind: "new", text: (*text).to_owned() };
    if a.len() > MOST_LINES || b.len() > MOST_LINES {
        return a.iter().map(gone).chain(b.iter().map(new)).collect();
    }
    let table = common(a, b);
    let length = |i: usize, j: usize| table.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    loop {
        match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) if x == y => {
                out.push(Line::same(x));
                (i, j) = (i.saturating_add(1), j.saturating_add(1));
            }
            (Some(x), y)
                if y.is_none() || length(i.saturating_add(1), j) >= length(i, j.saturating_add(1)) =>
            {
                out.push(gone(x));
                i = i.saturating_add(1);
            }
            (_, Some(y)) => {
                out.push(new(y));
                j = j.saturating_add(1);
            }
            _ => return out,
        }
    }
}

/// For each pair of places how many lines the rests of both have in common.
fn common(a: &[&str], b: &[&str]) -> Vec<Vec<u32>> {
    let mut rows = vec![vec![0_u32; b.len().saturating_add(1)]];
    for x in a.iter().rev() {
        let below = rows.last().cloned().unwrap_or_default();
        let mut row = vec![0_u32];
        for (j, y) in b.iter().enumerate().rev() {
            let diagonal = below.get(j.saturating_add(1)).copied().unwrap_or(0);
            let (down, right) = (below.get(j).copied().unwrap_or(0), row.last().copied().unwrap_or(0));
            row.push(if x == y { diagonal.saturating_add(1) } else { down.max(right) });
        }
        row.reverse();
        rows.push(row);
    }
    rows.reverse();
    rows
}

/// The changed lines with a few around them; all of them when there is nothing to compare with.
#[must_use]
pub fn near_changes(lines: Vec<Line>, compared: bool) -> Vec<Line> {
    if !compared {
        return lines;
    }
    let changed: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| line.is_changed()).map(|(at, _)| at).collect();
    let near = |at: usize| changed.iter().any(|change| change.abs_diff(at) <= AROUND);
    let mut out: Vec<Line> = Vec::new();
    for (at, line) in lines.into_iter().enumerate() {
        if near(at) {
            out.push(line);
        } else if out.last().is_none_or(|last| last.kind != "skip") {
            out.push(Line { kind: "skip", text: String::new() });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(before: &str, after: &str) -> String {
        let sign = |line: &Line| match line.kind {
            "gone" => '-',
            "new" => '+',
            _ => ' ',
        };
        lines(before, after).iter().map(|line| format!("{}{} ", sign(line), line.text)).collect()
    }

    #[test]
    fn changed_lines_stand_where_they_changed() {
        assert_eq!(drawn("a\nb\nc\nd", "a\nx\nc\nd\ne"), " a -b +x  c  d +e ");
        assert_eq!(drawn("", "a"), "+a ");
        assert_eq!(drawn("a\nb", "b"), "-a  b ");
        assert_eq!(drawn("a\na\nb", "a\nb\na"), " a -a  b +a ");
        assert_eq!(drawn("same", "same"), " same ");
    }

    #[test]
    fn far_from_changes_nothing_is_shown() {
        let text: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let before = text.join("\n");
        let near = near_changes(lines(&before, &before.replacen("50", "fifty", 1)), true);
        assert_eq!(near.iter().filter(|line| line.is_changed()).count(), 2);
        assert_eq!(near.len(), 2 + 3 + 3 + 2);
    }
}
