//! Random messages straight from the field tables: every field of every record, empty, short, at its limit.

use fastrand::Rng;
use pickup_customs::BaseTransfer;
use pickup_customs::field::{Field, Rule};
use pickup_customs::record::Record;

/// A random record as canonical XML, with `prefix` before each name.
pub fn record<R: Record>(rng: &mut Rng, prefix: &str, required: &[&str]) -> String {
    let mut out = format!("<{prefix}{}>", R::ELEMENT);
    out.push_str(&fields(rng, prefix, R::FIELDS, required));
    out.push_str(&format!("</{prefix}{}>", R::ELEMENT));
    out
}

/// Random fields; optional ones are there half of the time, those named in `required` always.
pub fn fields(rng: &mut Rng, prefix: &str, table: &[Field], required: &[&str]) -> String {
    let mut out = String::new();
    for field in table {
        if !field.required && !required.contains(&field.name) && rng.bool() {
            continue;
        }
        let text = value(rng, field);
        out.push_str(&format!("<{prefix}{}>{}</{prefix}{}>", field.name, escaped(&text), field.name));
    }
    out
}

/// A whole message of documents that are written already.
pub fn message(rng: &mut Rng, root: &str, documents: &str) -> String {
    format!(
        "<ceb:{root} xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" guid=\"{}\" version=\"1.0\">{documents}{}</ceb:{root}>",
        guid(rng),
        record::<BaseTransfer>(rng, "ceb:", &[])
    )
}

/// `count` times what `make` makes, in one text.
pub fn times(count: usize, mut make: impl FnMut() -> String) -> String {
    (0..count).map(|_| make()).collect()
}

pub fn guid(rng: &mut Rng) -> String {
    word(rng, "0123456789ABCDEF-", 36, 36)
}

/// A value in the one form in which it is written.
fn value(rng: &mut Rng, field: &Field) -> String {
    match field.name {
        "guid" => guid(rng),
        "appType" => rng.choice(["1", "2", "3"]).unwrap().to_owned(),
        "appStatus" => rng.choice(["1", "2"]).unwrap().to_owned(),
        "status" => rng.choice(["1", "2", "3"]).unwrap().to_owned(),
        "returnStatus" => {
            rng.choice(["2", "120", "100", "800", "-621018", "501", "1399"]).unwrap().to_owned()
        }
        "copNo" => word(rng, "ABCXYZabc0123456789-_", 1, 20),
        "gcode" => word(rng, "0123456789", 10, 10),
        "qty" | "qty1" | "qty2" | "weight" | "grossWeight" | "netWeight" | "taxPrice" | "customsTax"
        | "valueAddedTax" | "consumptionTax" => shortest(rng),
        _ => match field.rule {
            Rule::Fixed(only) => only.to_owned(),
            Rule::Decimal => format!("{}.{:02}", number(rng), rng.u32(..100)),
            Rule::Integer { digits } => {
                rng.u32(..10_u32.pow(u32::try_from(digits.min(9)).unwrap())).to_string()
            }
            Rule::Text { min: 8, max: 8 } => date(rng),
            Rule::Text { min: 14, max: 14 } => format!("{}{}", date(rng), clock(rng)),
            Rule::Text { min: 17, max: 17 } => format!("{}{}{:03}", date(rng), clock(rng), rng.u32(..1000)),
            Rule::Text { min, max } => free(rng, min.max(usize::from(!field.required)), max),
        },
    }
}

fn number(rng: &mut Rng) -> u64 {
    if rng.u8(..10) == 0 { rng.u64(..10_000_000_000_000) } else { rng.u64(..10_000) }
}

fn shortest(rng: &mut Rng) -> String {
    let (whole, decimals) = (number(rng), rng.u32(..100_000));
    let text = format!("{whole}.{decimals:05}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn date(rng: &mut Rng) -> String {
    format!("{:04}{:02}{:02}", rng.u32(1990..2100), rng.u32(1..=12), rng.u32(1..=28))
}

fn clock(rng: &mut Rng) -> String {
    format!("{:02}{:02}{:02}", rng.u32(..24), rng.u32(..60), rng.u32(..60))
}

fn word(rng: &mut Rng, letters: &str, min: usize, max: usize) -> String {
    let length = rng.usize(min..=max);
    let letters: Vec<char> = letters.chars().collect();
    (0..length).map(|_| letters[rng.usize(..letters.len())]).collect()
}

/// Text of any characters, mostly short, sometimes at the limit. It neither begins nor ends with white space, which
/// receipts are read without.
fn free(rng: &mut Rng, min: usize, max: usize) -> String {
    const ANY: [char; 20] = [
        'a', '0', 'Z', ' ', '&', '<', '>', '"', '\'', '\r', '\n', '\t', ']', '奶', '粉', '😀', 'é', '—', ';',
        '#',
    ];
    let limit = max.min(6000);
    let length = if rng.u8(..30) == 0 { limit } else { rng.usize(min..=limit.min(min + 12)) };
    let mut text: Vec<char> = (0..length).map(|_| ANY[rng.usize(..ANY.len())]).collect();
    let last = text.len().saturating_sub(1);
    for at in [0, last] {
        if let Some(c) = text.get_mut(at)
            && c.is_whitespace()
        {
            *c = '奶';
        }
    }
    text.into_iter().collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#xD;")
}
