//! The text block of a card (GA/T 490): 256 bytes of UTF-16LE in fields of fixed width, padded with spaces.

use super::{CardDate, CardKind, IdCard, IdNumber, Sex, ValidUntil};

/// Length of the block in bytes.
pub const TEXT_LENGTH: usize = 256;

const NAME: (usize, usize) = (0, 30);
const SEX: (usize, usize) = (30, 2);
const NATION: (usize, usize) = (32, 4);
const BIRTH: (usize, usize) = (36, 16);
const NUMBER: (usize, usize) = (122, 36);
const VALID_FROM: (usize, usize) = (188, 16);
const VALID_UNTIL: (usize, usize) = (204, 16);
const KIND: (usize, usize) = (248, 2);

/// Why a block is not a citizen's card; it names the field, never what stood in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The card is of another kind (foreign permanent resident, residence permit, …).
    #[error("the card is of a kind that is not served")]
    OtherKind,
    /// A field does not hold what the standard says.
    #[error("the card's field {0} cannot be understood")]
    Field(&'static str),
}

/// Reads the block of a citizen's card.
///
/// # Errors
/// The card is of another kind, or a field is not what the standard says.
pub fn parse_text(block: &[u8]) -> Result<IdCard, TextError> {
    if block.len() != TEXT_LENGTH {
        return Err(TextError::Field("length"));
    }
    let field = |place: (usize, usize), name| text(block, place).ok_or(TextError::Field(name));
    if !field(KIND, "kind")?.is_empty() {
        return Err(TextError::OtherKind);
    }
    let name = field(NAME, "name")?;
    if name.is_empty() {
        return Err(TextError::Field("name"));
    }
    Ok(IdCard {
        kind: CardKind::Citizen,
        name,
        sex: sex(&field(SEX, "sex")?).ok_or(TextError::Field("sex"))?,
        nation: nation(&field(NATION, "nation")?).ok_or(TextError::Field("nation"))?,
        birth: date(&field(BIRTH, "birth")?).ok_or(TextError::Field("birth"))?,
        id_number: number(block).ok_or(TextError::Field("number"))?,
        valid_from: date(&field(VALID_FROM, "valid_from")?).ok_or(TextError::Field("valid_from"))?,
        valid_until: until(&field(VALID_UNTIL, "valid_until")?).ok_or(TextError::Field("valid_until"))?,
    })
}

fn text(block: &[u8], (start, length): (usize, usize)) -> Option<String> {
    let bytes = block.get(start..start.checked_add(length)?)?;
    let (pairs, _) = bytes.as_chunks::<2>();
    let characters = char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair)));
    let mut text = String::with_capacity(length.saturating_mul(2));
    for character in characters {
        text.push(character.ok().filter(|character| !character.is_control())?);
    }
    text.truncate(text.trim_end_matches(' ').len());
    Some(text)
}

fn number(block: &[u8]) -> Option<IdNumber> {
    let mut text = text(block, NUMBER)?;
    let number = IdNumber::new(&text);
    zeroize::Zeroize::zeroize(&mut text);
    number
}

fn sex(code: &str) -> Option<Sex> {
    match code {
        "1" => Some(Sex::Male),
        "2" => Some(Sex::Female),
        "0" => Some(Sex::Unknown),
        "9" => Some(Sex::Unstated),
        _ => None,
    }
}

fn nation(code: &str) -> Option<u8> {
    let digits = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_digit());
    let number = code.parse().ok().filter(|_| digits)?;
    matches!(number, 1..=56 | 97 | 98).then_some(number)
}

fn date(text: &str) -> Option<CardDate> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    CardDate::new(text.get(..4)?.parse().ok()?, text.get(4..6)?.parse().ok()?, text.get(6..)?.parse().ok()?)
}

fn until(text: &str) -> Option<ValidUntil> {
    if text == "长期" { Some(ValidUntil::LongTerm) } else { date(text).map(ValidUntil::Date) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An invented person: the region 990101 does not exist.
    fn block(fields: &[(usize, &str)]) -> Vec<u8> {
        let mut block = [0x20, 0x00].repeat(128);
        let person = [
            (0, "测试甲"),
            (30, "2"),
            (32, "01"),
            (36, "19900307"),
            (52, "虚构省无名市一号"),
            (122, "990101199003071239"),
            (158, "虚构市公安局"),
            (188, "20200101"),
            (204, "20400101"),
        ];
        for (start, text) in person.iter().chain(fields) {
            for (at, unit) in text.encode_utf16().enumerate() {
                block[start + 2 * at..][..2].copy_from_slice(&unit.to_le_bytes());
            }
        }
        block
    }

    #[test]
    fn the_fields_stand_where_the_standard_puts_them() {
        let card = parse_text(&block(&[])).unwrap();
        assert_eq!(card.kind, CardKind::Citizen);
        assert_eq!(card.name, "测试甲");
        assert_eq!(card.sex, Sex::Female);
        assert_eq!(card.nation, 1);
        assert_eq!(Some(card.birth), CardDate::new(1990, 3, 7));
        assert_eq!(card.id_number.reveal(), "990101199003071239");
        assert_eq!(Some(card.valid_from), CardDate::new(2020, 1, 1));
        assert_eq!(card.valid_until, ValidUntil::Date(CardDate::new(2040, 1, 1).unwrap()));
    }

    #[test]
    fn a_card_for_ever_is_understood() {
        let card = parse_text(&block(&[(204, "长期      ")])).unwrap();
        assert_eq!(card.valid_until, ValidUntil::LongTerm);
    }

    #[test]
    fn other_kinds_of_card_are_told_apart() {
        for kind in ["I", "J", "Y"] {
            assert_eq!(parse_text(&block(&[(248, kind)])), Err(TextError::OtherKind), "{kind}");
        }
    }

    #[test]
    fn a_field_that_is_wrong_is_named() {
        for (start, text, name) in [
            (0, "               ", "name"),
            (30, "3", "sex"),
            (32, "57", "nation"),
            (36, "19900230", "birth"),
            (122, "99010119900307123Y", "number"),
            (188, "2020 101", "valid_from"),
            (204, "长 期     ", "valid_until"),
        ] {
            assert_eq!(parse_text(&block(&[(start, text)])), Err(TextError::Field(name)));
        }
        assert_eq!(parse_text(&block(&[])[..255]), Err(TextError::Field("length")));
    }

    #[test]
    fn an_unpaired_surrogate_is_no_name() {
        let mut bytes = block(&[]);
        bytes[..2].copy_from_slice(&[0x00, 0xD8]);
        assert_eq!(parse_text(&bytes), Err(TextError::Field("name")));
    }

    #[test]
    fn a_card_does_not_print_its_holder() {
        let printed = format!("{:?}", parse_text(&block(&[])).unwrap());
        assert!(
            !printed.contains("测试") && !printed.contains("1990") && !printed.contains("0307"),
            "{printed}"
        );
    }
}
