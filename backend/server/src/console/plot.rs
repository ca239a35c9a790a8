//! Small plots, drawn here as SVG, without scripts. The table beside each says the same to who cannot see it.

use std::fmt::Write as _;

const WIDTH: i64 = 600;
const HEIGHT: i64 = 170;
const LEFT: i64 = 44;
const BOTTOM: i64 = 22;
const TOP: i64 = 10;

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What stands under it.
    pub label: String,
    /// How high it is; nothing for no value.
    pub value: Option<i64>,
}

/// A plot of bars with the table of it.
#[derive(Clone, Debug)]
pub struct Plot {
    /// What it shows.
    pub title: &'static str,
    /// Of its values, such as `min`.
    pub unit: &'static str,
    /// From left to right.
    pub bars: Vec<Bar>,
}

impl Plot {
    /// The picture, for who sees it; it is named by the title.
    #[must_use]
    pub fn svg(&self) -> String {
        let most = round_up(self.bars.iter().filter_map(|bar| bar.value).max().unwrap_or(0));
        let mut out = format!("<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-hidden=\"true\">");
        for step in 0..=2 {
            let value = most * step / 2;
            let y = self.y(value, most);
            // Writing to a String cannot fail.
            let _ = write!(out, "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{WIDTH}\" y2=\"{y}\"/>");
            let _ =
                write!(out, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{value}</text>", LEFT - 6, y + 4);
        }
        let count = i64::try_from(self.bars.len()).unwrap_or(i64::MAX).max(1);
        let each = (WIDTH - LEFT) / count;
        // Names that would run into one another are left out.
        let every = (36 / each.max(1)).max(0) + 1;
        for (at, bar) in (0_i64..).zip(&self.bars) {
            let x = LEFT + at * each;
            if let Some(value) = bar.value {
                let y = self.y(value, most);
                let (wide, high) = ((each - 3).max(1), (HEIGHT - BOTTOM - y).max(0));
                let _ = write!(
                    out,
                    "<rect class=\"bar\" x=\"{}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\"/>",
                    x + 1
                );
            }
            if at % every == 0 {
                let _ = write!(
                    out,
                    "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    x + each / 2,
                    HEIGHT - 6,
                    plain(&bar.label)
                );
            }
        }
        out + "</svg>"
    }

    fn y(&self, value: i64, most: i64) -> i64 {
        let room = HEIGHT - BOTTOM - TOP;
        HEIGHT - BOTTOM - value.saturating_mul(room) / most.max(1)
    }
}

/// The next number that halves well: 2, 4, 10, 20, 40, 100, …
fn round_up(value: i64) -> i64 {
    let mut step = 1_i64;
    loop {
        for times in [2, 4, 10] {
            let good = step.saturating_mul(times);
            if good >= value || good > i64::MAX / 20 {
                return good;
            }
        }
        step = step.saturating_mul(10);
    }
}

fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_stays_inside_and_a_missing_value_has_none() {
        let bars = [Some(7), None, Some(0)].map(|value| Bar { label: "<1".into(), value }).into();
        let svg = Plot { title: "", unit: "", bars }.svg();
        assert_eq!(svg.matches("<rect").count(), 2);
        assert!(svg.contains("height=\"96\"") && svg.contains("&lt;1"), "{svg}");
    }

    #[test]
    fn the_scale_ends_on_a_round_number() {
        assert_eq!([0, 2, 3, 5, 11, 300, 1_001].map(round_up), [2, 2, 4, 10, 20, 400, 2_000]);
    }
}
