//! The language of a page: Chinese unless the reader wants English.

use axum::http::{HeaderMap, header};

use crate::web::cookies;

/// Cookie that keeps the reader's choice.
pub const COOKIE: &str = "lang";

/// A language of pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The text of this language.
    #[must_use]
    pub const fn t<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// As HTML's `lang` attribute says it.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        self.t("zh-CN", "en")
    }

    /// As the cookie and `?lang=` say it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.t("zh", "en")
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// Reads `zh`, `zh-CN`, `en`, `en-GB`, …
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// What a request asks for: `?lang=` before the cookie before `Accept-Language`.
    #[must_use]
    pub fn of(query: Option<&str>, headers: &HeaderMap) -> Self {
        asked(query)
            .or_else(|| cookies::get(headers, COOKIE).and_then(Self::parse))
            .or_else(|| accepted(headers))
            .unwrap_or_default()
    }
}

/// The language that the address asks for.
#[must_use]
pub fn asked(query: Option<&str>) -> Option<Lang> {
    query?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Lang::parse)
}

/// The first known language of `Accept-Language`, by its weight; of equals the one that stands first.
fn accepted(headers: &HeaderMap) -> Option<Lang> {
    let text = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(u16, Lang)> = None;
    for part in text.split(',') {
        let (name, weight) = part.split_once(";q=").unwrap_or((part, "1"));
        let (Some(lang), weight) = (Lang::parse(name), thousandths(weight)) else { continue };
        if best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, lang));
        }
    }
    best.filter(|(weight, _)| *weight > 0).map(|(_, lang)| lang)
}

/// `0.8` as 800; what cannot be read counts as nothing.
fn thousandths(text: &str) -> u16 {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    let part = digits.parse::<u16>().unwrap_or(0);
    whole.parse::<u16>().unwrap_or(0).min(1).saturating_mul(1000).saturating_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &str) -> Lang {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, text.parse().unwrap());
        Lang::of(None, &headers)
    }

    #[test]
    fn a_browser_gets_the_language_it_prefers_and_chinese_when_it_names_neither() {
        assert_eq!(accept("en-GB,en;q=0.9,zh;q=0.8"), Lang::En);
        assert_eq!(accept("zh-CN,zh;q=0.9,en;q=0.8"), Lang::Zh);
        assert_eq!(accept("en;q=0.3, zh;q=0.31"), Lang::Zh);
        assert_eq!(accept("fr,de"), Lang::Zh);
        assert_eq!(accept("en;q=0"), Lang::Zh);
    }

    #[test]
    fn the_address_wins_over_the_cookie_and_the_cookie_over_the_browser() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, "zh".parse().unwrap());
        headers.insert(header::COOKIE, "a=1; lang=en".parse().unwrap());
        assert_eq!(Lang::of(None, &headers), Lang::En);
        assert_eq!(Lang::of(Some("x=1&lang=zh"), &headers), Lang::Zh);
    }
}
