//! A slip as text in the printer's own letters: GB18030, for printers with a Chinese font in their memory.

use encoding_rs::GB18030;

/// `FS &`: Chinese characters from here on. Chinese models begin that way, others must be told.
const CHINESE: [u8; 2] = [0x1C, 0x26];
/// Dots of a half-width column of font A and of a 24-dot Chinese character's half.
const COLUMN_DOTS: u16 = 12;
/// Dots of a QR module; a slip number then has a code of about 15 mm.
const MODULE_DOTS: u8 = 6;

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// At the left edge.
    #[default]
    Left,
    /// In the middle.
    Centre,
}

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// Twice as wide and high.
    pub large: bool,
    /// Bold.
    pub bold: bool,
}

/// One thing on a slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextLine {
    /// A text, wrapped where it does not fit.
    Text(String, Align, Look),
    /// A label on the left and its value on the right, on two lines where they do not fit one.
    Pair(String, String, Look),
    /// White on black, in the middle.
    Banner(String),
    /// A line across.
    Rule,
    /// A broken line across.
    Dashes,
    /// So many empty lines.
    Feed(u8),
    /// A QR code of a text, in the middle.
    Qr(String),
}

/// A slip as the printer's own text.
pub type TextSlip = Vec<TextLine>;

/// Half-width columns across a paper of so many dots: 48 on 80 mm, 32 on 58 mm.
pub fn columns(dots: u16) -> usize {
    usize::from(dots.checked_div(COLUMN_DOTS).unwrap_or_default()).max(8)
}

/// Each line of the slip as the bytes that print it; the first begins with the order to take GB18030.
pub fn encode(slip: &[TextLine], columns: usize) -> Vec<Vec<u8>> {
    let mut blocks: Vec<Vec<u8>> = slip.iter().map(|line| block(line, columns)).collect();
    if let Some(first) = blocks.first_mut() {
        first.splice(0..0, CHINESE);
    }
    blocks
}

fn block(line: &TextLine, columns: usize) -> Vec<u8> {
    let mut out = Vec::new();
    match line {
        TextLine::Text(text, at, look) => styled(
            &mut out,
            *at,
            *look,
            |out, room| {
                wrap(text, room).iter().for_each(|line| print_line(out, line));
            },
            columns,
        ),
        TextLine::Pair(label, value, look) => styled(
            &mut out,
            Align::Left,
            *look,
            |out, room| {
                pair(out, label, value, room);
            },
            columns,
        ),
        TextLine::Banner(text) => {
            out.extend([0x1D, 0x42, 0x01]);
            let look = Look { large: true, bold: true };
            styled(&mut out, Align::Centre, look, |out, _| print_line(out, &format!("  {text}  ")), columns);
            out.extend([0x1D, 0x42, 0x00]);
        }
        TextLine::Rule => print_line(&mut out, &"-".repeat(columns)),
        TextLine::Dashes => print_line(&mut out, &"- ".repeat(columns / 2)),
        TextLine::Feed(lines) => out.extend([0x1B, 0x64, *lines]),
        TextLine::Qr(text) => qr(&mut out, text),
    }
    out
}

/// Sets a look, prints with the columns that are left in it, and goes back to the plain one.
fn styled(out: &mut Vec<u8>, at: Align, look: Look, print: impl FnOnce(&mut Vec<u8>, usize), columns: usize) {
    if at == Align::Centre {
        out.extend([0x1B, 0x61, 0x01]);
    }
    if look.bold {
        out.extend([0x1B, 0x45, 0x01]);
    }
    if look.large {
        // Some models size Chinese characters by `GS !`, others by `FS !`.
        out.extend([0x1D, 0x21, 0x11, 0x1C, 0x21, 0x0C]);
    }
    print(out, if look.large { columns / 2 } else { columns });
    if look.large {
        out.extend([0x1D, 0x21, 0x00, 0x1C, 0x21, 0x00]);
    }
    if look.bold {
        out.extend([0x1B, 0x45, 0x00]);
    }
    if at == Align::Centre {
        out.extend([0x1B, 0x61, 0x00]);
    }
}

fn pair(out: &mut Vec<u8>, label: &str, value: &str, columns: usize) {
    let used = width(label).saturating_add(width(value));
    if used < columns {
        let gap = " ".repeat(columns.saturating_sub(used));
        return print_line(out, &format!("{label}{gap}{value}"));
    }
    wrap(label, columns).iter().for_each(|line| print_line(out, line));
    for line in wrap(value, columns) {
        let indent = " ".repeat(columns.saturating_sub(width(&line)));
        print_line(out, &format!("{indent}{line}"));
    }
}

fn print_line(out: &mut Vec<u8>, text: &str) {
    // The two-byte yen sign is in every Chinese font; the other one takes four bytes, which many do not know.
    let clean: String =
        text.chars().filter(|c| !c.is_control()).map(|c| if c == '¥' { '￥' } else { c }).collect();
    out.extend(GB18030.encode(&clean).0.iter());
    out.push(b'\n');
}

/// Columns of a text: one for ASCII, two for all else.
fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

/// Breaks at spaces where there are some, else between characters. Never empty.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for c in text.chars() {
        if width(&line).saturating_add(char_width(c)) > columns {
            let at = line.rfind(' ').filter(|&at| at > 0 && c.is_ascii_alphanumeric());
            let rest = at.map(|at| line.split_off(at).trim_start().to_owned()).unwrap_or_default();
            lines.push(std::mem::replace(&mut line, rest));
            if c == ' ' && line.is_empty() {
                continue;
            }
        }
        line.push(c);
    }
    lines.push(line);
    lines
}

/// `GS ( k`, functions 165 (model 2), 167 (module), 169 (correction M), 180 (text), 181 (print).
fn qr(out: &mut Vec<u8>, text: &str) {
    let text: Vec<u8> = text.bytes().filter(u8::is_ascii_graphic).take(512).collect();
    let [low, high, ..] = text.len().saturating_add(3).to_le_bytes();
    out.extend([0x1B, 0x61, 0x01]);
    out.extend([0x1D, 0x28, 0x6B, 0x04, 0x00, 0x31, 0x41, 0x32, 0x00]);
    out.extend([0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x43, MODULE_DOTS]);
    out.extend([0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x45, 0x31]);
    out.extend([0x1D, 0x28, 0x6B, low, high, 0x31, 0x50, 0x30]);
    out.extend(text);
    out.extend([0x1D, 0x28, 0x6B, 0x03, 0x00, 0x31, 0x51, 0x30]);
    out.extend([0x1B, 0x61, 0x00]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
    }

    fn plain(text: &str) -> TextLine {
        TextLine::Text(text.into(), Align::Left, Look::default())
    }

    fn lines(slip: &[TextLine], columns: usize) -> Vec<String> {
        let bytes = encode(slip, columns).concat();
        let (text, _, damaged) = GB18030.decode(&bytes[2..]);
        assert!(!damaged);
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn text_is_gb18030_after_the_order_for_chinese() {
        assert_eq!(encode(&[plain("提货A")], 32).concat(), hex("1C 26 CC E1 BB F5 41 0A"));
        assert_eq!(encode(&[plain("¥1\u{1B}@")], 32).concat(), hex("1C 26 A3 A4 31 40 0A"));
    }

    #[test]
    fn a_large_bold_centred_text_goes_back_to_plain() {
        let look = Look { large: true, bold: true };
        assert_eq!(
            encode(&[TextLine::Text("A".into(), Align::Centre, look)], 32).concat(),
            hex("1C 26 1B 61 01 1B 45 01 1D 21 11 1C 21 0C 41 0A 1D 21 00 1C 21 00 1B 45 00 1B 61 00")
        );
    }

    #[test]
    fn a_qr_code_is_five_functions_byte_by_byte() {
        assert_eq!(
            encode(&[TextLine::Qr("S1".into())], 32).concat(),
            hex("1C 26 1B 61 01 1D 28 6B 04 00 31 41 32 00 1D 28 6B 03 00 31 43 06 1D 28 6B 03 00 31 45 31 \
                 1D 28 6B 05 00 31 50 30 53 31 1D 28 6B 03 00 31 51 30 1B 61 00")
        );
    }

    #[test]
    fn chinese_takes_two_columns_and_pairs_fill_the_paper() {
        let pair = TextLine::Pair("合计 Total".into(), "￥12.00".into(), Look::default());
        assert_eq!(lines(std::slice::from_ref(&pair), 32), ["合计 Total               ￥12.00"]);
        assert_eq!(lines(&[pair], 16), ["合计 Total", "         ￥12.00"]);
        assert_eq!((columns(576), columns(384)), (48, 32));
    }

    #[test]
    fn long_texts_break_at_spaces_or_between_characters_and_lose_nothing() {
        assert_eq!(lines(&[plain("one two three")], 8), ["one two", "three"]);
        assert_eq!(lines(&[plain("海关放行提货凭证")], 8), ["海关放行", "提货凭证"]);
        assert_eq!(lines(&[plain("ABCDEFGHIJ")], 8), ["ABCDEFGH", "IJ"]);
    }

    #[test]
    fn no_text_holds_a_realtime_order() {
        let slip = [plain("\u{10}\u{4}\u{1}"), TextLine::Qr("\u{10}\u{4}\u{2}".into())];
        assert!(
            !encode(&slip, 32)
                .concat()
                .windows(2)
                .any(|two| two[0] == 0x10 && [4, 5, 0x14].contains(&two[1]))
        );
    }
}
