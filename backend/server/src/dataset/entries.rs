//! One line of a file as an entry of its set. What the columns mean stands in `docs/imports.md`.

use pickup_customs::Dictionary;
use pickup_domain::centre::Names;
use pickup_domain::goods::{LegalUnit, Permission, Product};
use pickup_domain::lists::{Permitted, PersonalUse, Prohibited, Watch, Watched, remarks};
use pickup_domain::parcel::Size;
use pickup_domain::registrations::{Enterprise, EnterpriseRole, GoodsRegistration, RegisteredGoods};
use pickup_domain::rules::NoticeVersion;
use pickup_domain::tax::{ConsumptionTax, TariffLine};
use pickup_domain::{Money, Quantity, china_time};

use crate::dataset::lines::{Fault, Line};
use crate::time::us;

pub fn tariff(line: &Line<'_>) -> Result<TariffLine, Fault> {
    let (from, until) = line.span()?;
    let consumption = match (line.maybe("consumption_rate")?, line.maybe("consumption_per_unit")?) {
        (None, None) => ConsumptionTax::None,
        (Some(rate), None) => ConsumptionTax::AdValorem(rate),
        (None, Some(unit)) => ConsumptionTax::Specific(unit),
        (Some(rate), Some(unit)) => ConsumptionTax::Compound(rate, unit),
    };
    Ok(TariffLine {
        hs: line.value("hs")?,
        from,
        until,
        duty: line.value("duty")?,
        consumption,
        vat: line.value("vat")?,
    })
}

pub fn permitted(line: &Line<'_>, notes: &mut Vec<Fault>) -> Result<Permitted, Fault> {
    let (from, until) = line.span()?;
    let said = remarks::parse(&line.text("remark"));
    if !said.not_understood.is_empty() {
        let why = format!("not understood, read it yourself: {}", said.not_understood.join("；"));
        notes.push(line.fault("remark", why));
    }
    Ok(Permitted {
        hs8: line.filled("hs8")?,
        name: line.text("name"),
        bonded_only: said.bonded_only || line.flag("bonded_only")?,
        per_order_max: line.maybe("per_order_max")?.or(said.per_order_max),
        per_year_max: line.maybe("per_year_max")?.or(said.per_year_max),
        needs_registration: said.needs_registration || line.flag("needs_registration")?,
        excepted: said.excepted,
        from,
        until,
        document: line.filled("document")?,
    })
}

pub fn prohibited(line: &Line<'_>) -> Result<Prohibited, Fault> {
    let (from, until) = line.span()?;
    let (hs_prefix, document) = (line.filled("hs_prefix")?, line.filled("document")?);
    Ok(Prohibited { hs_prefix, name: line.text("name"), from, until, document })
}

pub fn personal_use(line: &Line<'_>) -> Result<PersonalUse, Fault> {
    let (from, until) = line.span()?;
    let (hs_prefix, document) = (line.filled("hs_prefix")?, line.filled("document")?);
    Ok(PersonalUse { hs_prefix, most: line.value("most")?, unit: line.text("unit"), from, until, document })
}

pub fn watch(line: &Line<'_>) -> Result<Watch, Fault> {
    let (from, until) = line.span()?;
    let kind = match line.filled("kind")?.as_str() {
        "hs_prefix" => Watched::HsPrefix,
        "sku" => Watched::Sku,
        "origin" => Watched::Origin,
        _ => return Err(line.fault("kind", "must be hs_prefix, sku or origin")),
    };
    let (key, per_mille) = (line.filled("key")?, line.value("per_mille")?);
    Ok(Watch { kind, key, per_mille, from, until, document: line.filled("document")? })
}

pub fn enterprise(line: &Line<'_>) -> Result<Enterprise, Fault> {
    let (from, until) = line.span()?;
    let word = line.filled("role")?;
    let role = EnterpriseRole::ALL.into_iter().find(|role| role.as_str() == word);
    let role = role.ok_or_else(|| {
        let all: Vec<&str> = EnterpriseRole::ALL.iter().map(|role| role.as_str()).collect();
        line.fault("role", format!("must be one of {}", all.join(", ")))
    })?;
    Ok(Enterprise { role, code: line.filled("code")?, name: line.text("name"), from, until })
}

pub fn registration(line: &Line<'_>) -> Result<GoodsRegistration, Fault> {
    let (from, until) = line.span()?;
    let goods = match (line.text("sku"), line.text("hs8")) {
        (sku, hs8) if !sku.is_empty() && hs8.is_empty() => RegisteredGoods::Sku(sku),
        (sku, hs8) if sku.is_empty() && !hs8.is_empty() => RegisteredGoods::Hs8(hs8),
        _ => return Err(line.fault("sku", "one of sku and hs8 is needed, and only one")),
    };
    Ok(GoodsRegistration { number: line.filled("number")?, goods, from, until })
}

pub fn notice(line: &Line<'_>) -> Result<NoticeVersion, Fault> {
    let (from, until) = line.span()?;
    Ok(NoticeVersion { version: line.filled("version")?, from, until })
}

/// Columns a receipt code needs.
pub const CODES: [&str; 7] = ["code", "cause", "follows", "who", "does", "zh", "en"];

/// A receipt code as a line of the dictionary, checked by reading it as one.
pub fn receipt_code(line: &Line<'_>) -> Result<String, Fault> {
    let follows = match line.text("follows") {
        none if none.is_empty() => "-".to_owned(),
        some => some,
    };
    let text = [
        line.filled("code")?,
        line.filled("cause")?,
        follows,
        line.filled("who")?,
        line.filled("does")?,
        line.filled("zh")?,
        line.filled("en")?,
    ]
    .join("\t");
    Dictionary::default().extend(&text).map_err(|error| line.fault("code", error.reason))?;
    Ok(text)
}

/// Columns an article needs.
pub const CATALOGUE: [&str; 12] = [
    "sku",
    "hs",
    "zh",
    "spec",
    "origin",
    "unit",
    "legal1_unit",
    "legal1_each",
    "net_kg",
    "gross_kg",
    "price",
    "record_no",
];

pub fn product(line: &Line<'_>) -> Result<Product, Fault> {
    let size = match line.text("size").as_str() {
        "" | "S" => Size::S,
        "M" => Size::M,
        "L" => Size::L,
        _ => return Err(line.fault("size", "must be S, M or L")),
    };
    let legal2 = match line.text("legal2_unit") {
        code if code.is_empty() => None,
        code => Some(LegalUnit { code, each: line.value("legal2_each")? }),
    };
    let sku = line.filled("sku")?;
    if sku.chars().count() > 20 {
        return Err(line.fault("sku", "may have 20 characters, as the inventory list takes no more"));
    }
    Ok(Product {
        sku,
        hs: line.value("hs")?,
        name: Names { zh: line.filled("zh")?, en: line.text("en") },
        spec: line.filled("spec")?,
        barcode: line.text("barcode"),
        origin: line.filled("origin")?,
        unit: line.filled("unit")?,
        legal1: LegalUnit { code: line.filled("legal1_unit")?, each: line.value("legal1_each")? },
        legal2,
        net_kg: line.value("net_kg")?,
        gross_kg: line.value("gross_kg")?,
        price_fen: line.value("price")?,
        record_no: line.filled("record_no")?,
        permission: Permission { listed: !line.flag("not_listed")?, order_max: line.maybe("order_max")? },
        taxed_unit: line.text("taxed_unit"),
        size,
        category: line.text("category"),
        duty_paid: line.flag("duty_paid")?,
    })
}

pub fn book(line: &Line<'_>) -> Result<(String, Quantity, String), Fault> {
    let quantity: Quantity = line.value("quantity")?;
    if quantity.parts() <= 0 {
        return Err(line.fault("quantity", "must be above zero"));
    }
    let key = format!("{}/{}", line.filled("book")?, line.filled("record_no")?);
    Ok((key, quantity, line.filled("document")?))
}

pub fn guarantee(line: &Line<'_>) -> Result<(String, Money, (i64, i64)), Fault> {
    let amount: Money = line.value("amount")?;
    if amount.fen() <= 0 {
        return Err(line.fault("amount", "must be above zero"));
    }
    let noon = |day: jiff::civil::Date| {
        let at = china_time::moment(day.at(12, 0, 0, 0));
        at.map(us).ok_or_else(|| line.fault("from", "a day that can be counted is needed"))
    };
    let span = (noon(line.value("from")?)?, noon(line.value("until")?)?);
    Ok((line.filled("number")?, amount, span))
}
