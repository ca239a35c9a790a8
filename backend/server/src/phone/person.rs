//! Who buys: name, identity number and telephone, checked as typed and sealed at rest.

use pickup_domain::IdNumber;
use pickup_domain::order::RawId;
use serde::{Deserialize, Serialize};

use crate::secrets::{Secrets, SecretsError};
use crate::store::StoreError;

/// Who buys. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Real name.
    pub name: String,
    /// Identity number.
    pub id_number: RawId,
    /// Telephone, eleven digits.
    pub telephone: String,
}

/// What is wrong with what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonFault {
    /// No name, or one that is too long for a declaration.
    Name,
    /// Not 17 digits and a digit or X.
    IdForm,
    /// No date of birth in it.
    IdBirth,
    /// The last character does not match: most often a typing mistake.
    IdCheck,
    /// Not a mobile number.
    Telephone,
}

impl PersonFault {
    /// What to tell the person: Chinese and English.
    #[must_use]
    pub const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("请填写身份证上的姓名。", "Enter the name as on the ID card."),
            Self::IdForm => {
                ("身份证号为18位，最后一位可以是X。", "An ID number has 18 characters; the last may be X.")
            }
            Self::IdBirth => (
                "身份证号中的出生日期不正确，请核对。",
                "The date of birth in the ID number is wrong; check it.",
            ),
            Self::IdCheck => (
                "身份证号与校验码不符，请核对是否输错。",
                "The ID number does not add up; there is a typing mistake in it.",
            ),
            Self::Telephone => ("请填写11位手机号码。", "Enter a mobile number of 11 digits."),
        }
    }
}

impl Person {
    /// Reads what was typed.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(name: &str, id_number: &str, telephone: &str) -> Result<Self, Vec<PersonFault>> {
        let mut faults = Vec::new();
        let name = name.trim();
        if !(2..=60).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            faults.push(PersonFault::Name);
        }
        let bare: String = id_number.chars().filter(|c| !c.is_whitespace()).collect();
        let number = bare.parse::<IdNumber>();
        if let Err(error) = &number {
            faults.push(match error {
                pickup_domain::id_number::IdNumberError::Form => PersonFault::IdForm,
                pickup_domain::id_number::IdNumberError::BirthDate => PersonFault::IdBirth,
                pickup_domain::id_number::IdNumberError::CheckDigit => PersonFault::IdCheck,
            });
        }
        let telephone = telephone_of(telephone);
        if telephone.is_none() {
            faults.push(PersonFault::Telephone);
        }
        match (faults.is_empty(), number, telephone) {
            (true, Ok(number), Some(telephone)) => {
                Ok(Self { name: name.to_owned(), id_number: RawId(number.expose().to_owned()), telephone })
            }
            _ => Err(faults),
        }
    }

    /// The identity number.
    #[must_use]
    pub fn number(&self) -> Option<IdNumber> {
        self.id_number.0.parse().ok()
    }

    /// First and last characters of the identity number.
    #[must_use]
    pub fn masked_number(&self) -> String {
        self.number().map(|number| number.masked()).unwrap_or_default()
    }

    /// First character of the name.
    #[must_use]
    pub fn masked_name(&self) -> String {
        self.name.chars().next().map(|first| format!("{first}**")).unwrap_or_default()
    }

    /// Last four digits of the telephone.
    #[must_use]
    pub fn masked_telephone(&self) -> String {
        format!("*******{}", self.telephone.get(7..).unwrap_or_default())
    }

    /// Sealed for a basket.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn seal(&self, secrets: &Secrets, basket: i64) -> Result<Vec<u8>, StoreError> {
        let bad = |why: &dyn std::fmt::Display| StoreError::unreadable("a person", why);
        let plain = serde_json::to_vec(self).map_err(|e| bad(&e))?;
        secrets.seal(&context(basket), &plain).map_err(|e| bad(&e))
    }

    /// Opens the one of a basket.
    ///
    /// # Errors
    /// [`SecretsError`] when it was sealed for another.
    pub fn open(secrets: &Secrets, basket: i64, sealed: &[u8]) -> Result<Self, SecretsError> {
        let plain = secrets.open(&context(basket), sealed)?;
        serde_json::from_slice(&plain).map_err(|_| SecretsError::Sealed(context(basket)))
    }
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person(…)")
    }
}

/// A mobile number as typed, without blanks, hyphens and the country's prefix; `None` when it is none.
#[must_use]
pub fn telephone_of(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let bare = bare.strip_prefix("+86").unwrap_or(&bare);
    let good = bare.len() == 11 && bare.starts_with('1') && bare.bytes().all(|b| b.is_ascii_digit());
    good.then(|| bare.to_owned())
}

fn context(basket: i64) -> String {
    format!("basket/{basket}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "99010119900101006X";

    #[test]
    fn what_is_typed_with_blanks_and_a_small_x_is_read() {
        let person = Person::read(" 测试甲 ", "990101 19900101 006x", "+86 199-0000-0001").unwrap();
        assert_eq!(person.id_number.0, NUMBER);
        assert_eq!((person.name.as_str(), person.telephone.as_str()), ("测试甲", "19900000001"));
        assert_eq!(
            (person.masked_name(), person.masked_number(), person.masked_telephone()),
            ("测**".to_owned(), "990***********006X".to_owned(), "*******0001".to_owned())
        );
        assert_eq!(format!("{person:?}"), "Person(…)");
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let faults = Person::read("", "990101199001010061", "123").unwrap_err();
        assert_eq!(faults, [PersonFault::Name, PersonFault::IdCheck, PersonFault::Telephone]);
        assert_eq!(Person::read("测试甲", "123", "19900000001").unwrap_err(), [PersonFault::IdForm]);
        let no_date = Person::read("测试甲", "990101199013010061", "19900000001").unwrap_err();
        assert_eq!(no_date, [PersonFault::IdBirth]);
    }
}
