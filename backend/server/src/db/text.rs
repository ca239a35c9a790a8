//! Expands the marks of a statement for one engine.

use crate::db::DbError;

/// The text for SQLite: `{r: a i, b t}` becomes a row of the parameters `?1`, `?2`, stepped once for every row.
///
/// # Errors
/// [`DbError::Text`] for a mark that is none of ours.
pub fn sqlite(sql: &str, cell: i64) -> Result<String, DbError> {
    expand(sql, cell, " WITHOUT ROWID", |columns| {
        let columns: Vec<String> =
            columns.iter().enumerate().map(|(i, (name, _))| format!("?{} AS {name}", i + 1)).collect();
        format!("(SELECT {}) AS r", columns.join(", "))
    })
}

/// The text for PostgreSQL: `?1` becomes `$1`, `{r: a i, b t}` becomes `unnest($1::int8[], $2::text[]) AS r(a, b)`, and the
/// type `BLOB` of migrations `BYTEA`.
///
/// # Errors
/// [`DbError::Text`] for a mark that is none of ours.
pub fn postgres(sql: &str, cell: i64) -> Result<String, DbError> {
    let expanded = expand(sql, cell, "", |columns| {
        let (mut arrays, mut names) = (Vec::new(), Vec::new());
        for (i, (name, kind)) in columns.iter().enumerate() {
            let kind = match kind {
                Kind::Int => "int8",
                Kind::Text => "text",
                Kind::Blob => "bytea",
            };
            arrays.push(format!("${}::{kind}[]", i + 1));
            names.push(*name);
        }
        format!("unnest({}) AS r({})", arrays.join(", "), names.join(", "))
    })?;
    Ok(expanded.replace('?', "$").replace(" BLOB", " BYTEA"))
}

#[derive(Clone, Copy)]
enum Kind {
    Int,
    Text,
    Blob,
}

fn expand(
    sql: &str,
    cell: i64,
    keyed: &str,
    rows: impl Fn(&[(&str, Kind)]) -> String,
) -> Result<String, DbError> {
    let mut out = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('{') {
        let (mark, behind) = after.split_once('}').ok_or_else(|| wrong(after))?;
        out.push_str(before);
        match mark.strip_prefix("r:") {
            Some(columns) => out.push_str(&rows(&read(columns)?)),
            None if mark == "cell" => out.push_str(&cell.to_string()),
            None if mark == "keyed" => out.push_str(keyed),
            None => return Err(wrong(mark)),
        }
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

fn read(columns: &str) -> Result<Vec<(&str, Kind)>, DbError> {
    columns
        .split(',')
        .map(|column| {
            let (name, kind) = column.trim().split_once(' ').ok_or_else(|| wrong(column))?;
            let kind = match kind.trim() {
                "i" => Kind::Int,
                "t" => Kind::Text,
                "b" => Kind::Blob,
                _ => return Err(wrong(column)),
            };
            Ok((name, kind))
        })
        .collect()
}

fn wrong(mark: &str) -> DbError {
    DbError::Text(format!("\"{mark}\" is no mark"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_becomes_each_engines_own() {
        let sql = "INSERT INTO t (cell, a, b) SELECT {cell}, r.a, r.b FROM {r: a i, b t} WHERE r.a > ?3";
        assert_eq!(
            sqlite(sql, 7).unwrap(),
            "INSERT INTO t (cell, a, b) SELECT 7, r.a, r.b FROM (SELECT ?1 AS a, ?2 AS b) AS r WHERE r.a > ?3"
        );
        assert_eq!(
            postgres(sql, 7).unwrap(),
            "INSERT INTO t (cell, a, b) SELECT 7, r.a, r.b FROM unnest($1::int8[], $2::text[]) AS r(a, b) WHERE r.a > $3"
        );
        assert_eq!(postgres("CREATE TABLE t (a BLOB)", 1).unwrap(), "CREATE TABLE t (a BYTEA)");
    }

    #[test]
    fn a_mark_that_is_none_is_named() {
        for bad in ["SELECT {what}", "SELECT {r: a}", "SELECT {r: a x}", "SELECT {cell"] {
            assert!(sqlite(bad, 1).is_err(), "{bad}");
        }
    }
}
