//! The text block of a card (GA/T 490): 256 bytes of UTF-16LE in fields of fixed width, padded with spaces. Which fields
//! they are is told by a flag near its end.

use super::{CardDate, CardKind, IdCard, IdNumber, Sex, ValidUntil};

/// Length of the block in bytes.
pub const TEXT_LENGTH: usize = 256;

/// Where a field stands: offset and length in bytes.
type Place = (usize, usize);

const KIND: Place = (248, 2);

/// Where the fields of one kind of card stand.
struct Layout {
    /// Looked at in this order; the first that is not blank is the name.
    names: [Place; 2],
    sex: Place,
    nation: Option<Place>,
    birth: Place,
    number: Place,
    valid_from: Place,
    valid_until: Place,
}

/// Citizens, and all kinds that follow them.
const CITIZEN: Layout = Layout {
    names: [(0, 30), (0, 30)],
    sex: (30, 2),
    nation: Some((32, 4)),
    birth: (36, 16),
    number: (122, 36),
    valid_from: (188, 16),
    valid_until: (204, 16),
};

/// Like a citizen's, with the place of the nation reserved.
const RESIDENCE_PERMIT: Layout = Layout { nation: None, ..CITIZEN };

/// Like a citizen's, with the Latin name where the address stands and the count of issues in place of the nation
/// (unconfirmed; to be compared with a card at commissioning).
const FOREIGN_2023: Layout = Layout { names: [(0, 30), (52, 70)], nation: None, ..CITIZEN };

/// Latin name 120, sex 2, number 30, country 6, Chinese name 30, from 16, until 16, birth 16, version 4, authority 8.
const FOREIGN_2017: Layout = Layout {
    names: [(158, 30), (0, 120)],
    sex: (120, 2),
    nation: None,
    birth: (220, 16),
    number: (122, 30),
    valid_from: (188, 16),
    valid_until: (204, 16),
};

/// Why a block is no document that is known; it names the field, never what stood in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The flag of the card's kind is none that is known.
    #[error("the card is of a kind that is not known")]
    OtherKind,
    /// A field does not hold what the standard says.
    #[error("the card's field {0} cannot be understood")]
    Field(&'static str),
}

/// Reads the block of any kind of card.
///
/// # Errors
/// The card is of an unknown kind, or a field is not what the standard says.
pub fn parse_text(block: &[u8]) -> Result<IdCard, TextError> {
    if block.len() != TEXT_LENGTH {
        return Err(TextError::Field("length"));
    }
    let field = |place: Place, name| text(block, place).ok_or(TextError::Field(name));
    let (kind, layout) = match field(KIND, "kind")?.as_str() {
        "" => (CardKind::Citizen, CITIZEN),
        "I" => (CardKind::Foreign2017, FOREIGN_2017),
        "J" => (CardKind::ResidencePermit, RESIDENCE_PERMIT),
        "Y" => (CardKind::Foreign2023, FOREIGN_2023),
        _ => return Err(TextError::OtherKind),
    };
    let nation = match layout.nation {
        Some(place) => Some(nation(&field(place, "nation")?).ok_or(TextError::Field("nation"))?),
        None => None,
    };
    let day = |place, name| date(&field(place, name)?).ok_or(TextError::Field(name));
    Ok(IdCard {
        kind,
        name: name(block, layout.names).ok_or(TextError::Field("name"))?,
        sex: sex(&field(layout.sex, "sex")?).ok_or(TextError::Field("sex"))?,
        nation,
        birth: day(layout.birth, "birth")?,
        id_number: number(block, layout.number, kind).ok_or(TextError::Field("number"))?,
        valid_from: day(layout.valid_from, "valid_from")?,
        valid_until: until(&field(layout.valid_until, "valid_until")?)
            .ok_or(TextError::Field("valid_until"))?,
    })
}

fn name(block: &[u8], places: [Place; 2]) -> Option<String> {
    places.into_iter().find_map(|place| text(block, place).filter(|name| !name.is_empty()))
}

fn text(block: &[u8], (start, length): Place) -> Option<String> {
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

fn number(block: &[u8], place: Place, kind: CardKind) -> Option<IdNumber> {
    let mut text = text(block, place)?;
    let number = match kind {
        CardKind::Foreign2017 => IdNumber::foreign_2017(&text),
        CardKind::Foreign2023 => IdNumber::new(&text).filter(|_| text.starts_with('9')),
        CardKind::Citizen | CardKind::ResidencePermit => IdNumber::new(&text),
    };
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
        filled(person.iter().chain(fields))
    }

    fn filled<'a>(fields: impl IntoIterator<Item = &'a (usize, &'a str)>) -> Vec<u8> {
        let mut block = [0x20, 0x00].repeat(128);
        for (start, text) in fields {
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
        assert_eq!(card.nation, Some(1));
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
    fn a_foreigner_of_2017_has_fields_of_their_own() {
        let fields = [
            (0, "TEST, PERSON ONE"),
            (120, "1"),
            (122, "ZZZ990123456789"),
            (152, "ZZZ"),
            (188, "20180601"),
            (204, "20280531"),
            (220, "19851230"),
            (236, "01"),
            (240, "1500"),
            (248, "I"),
        ];
        let card = parse_text(&filled(&fields)).unwrap();
        assert_eq!((card.kind, card.sex, card.nation), (CardKind::Foreign2017, Sex::Male, None));
        assert_eq!((card.name.as_str(), card.id_number.reveal()), ("TEST, PERSON ONE", "ZZZ990123456789"));
        assert_eq!(Some(card.birth), CardDate::new(1985, 12, 30));
        assert_eq!(card.valid_until, ValidUntil::Date(CardDate::new(2028, 5, 31).unwrap()));
        let chinese = fields.iter().chain(&[(158, "测试外")]);
        assert_eq!(parse_text(&filled(chinese)).unwrap().name, "测试外");
        let other_number = fields.iter().chain(&[(122, "990101199003071239")]);
        assert_eq!(parse_text(&filled(other_number)), Err(TextError::Field("number")));
    }

    #[test]
    fn a_foreigner_of_2023_has_a_number_that_begins_with_nine() {
        let card = parse_text(&block(&[(0, "   "), (32, "01"), (52, "TEST PERSON TWO        "), (248, "Y")]));
        let card = card.unwrap();
        assert_eq!((card.kind, card.nation), (CardKind::Foreign2023, None));
        assert_eq!((card.name.as_str(), card.id_number.reveal()), ("TEST PERSON TWO", "990101199003071239"));
        let citizen = block(&[(122, "000101199003071239"), (248, "Y")]);
        assert_eq!(parse_text(&citizen), Err(TextError::Field("number")));
    }

    #[test]
    fn a_residence_permit_has_no_nation() {
        let card = parse_text(&block(&[(32, "  "), (220, "H00000000"), (238, "01"), (248, "J")])).unwrap();
        assert_eq!((card.kind, card.nation), (CardKind::ResidencePermit, None));
        assert_eq!(card.name, "测试甲");
    }

    #[test]
    fn a_flag_nobody_knows_is_another_kind() {
        assert_eq!(parse_text(&block(&[(248, "Q")])), Err(TextError::OtherKind));
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
