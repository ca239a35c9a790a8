//! The schema and the statements keep to what spreads them over machines: the distribution key of `deploy/citus.sql` is in
//! every primary key and unique constraint, and every statement on a cell's table names the cell.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const SCHEMA: &str = concat!(
    include_str!("../../migrations/0001.sql"),
    include_str!("../../migrations/0002.sql"),
    include_str!("../../migrations/0003.sql"),
    include_str!("../../migrations/0004.sql"),
    include_str!("../../migrations/0005.sql"),
    include_str!("../../migrations/0006.sql"),
    include_str!("../../migrations/0007.sql"),
    include_str!("../../migrations/0008.sql"),
    include_str!("../../migrations/0009.sql"),
    include_str!("../../migrations/0010.sql"),
    include_str!("../../migrations/0011.sql"),
    include_str!("../../migrations/0012.sql"),
    include_str!("../../migrations/0013.sql"),
);
const DEPLOY: &str = include_str!("../../../../deploy/citus.sql");

/// Distribution key of every table; empty for one that is copied everywhere.
fn keys() -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for line in DEPLOY.lines().filter(|line| line.starts_with("SELECT create_")) {
        let mut quoted = line.split('\'').skip(1).step_by(2);
        let table = quoted.next().unwrap().to_owned();
        let key = if line.contains("reference") { "" } else { quoted.next().unwrap() };
        assert!(keys.insert(table.clone(), key.to_owned()).is_none(), "{table} twice");
    }
    keys
}

/// Tables of the schema with the text between their brackets, and unique indexes as `name` → `table (columns)`.
fn tables() -> BTreeMap<&'static str, &'static str> {
    SCHEMA
        .split("CREATE TABLE ")
        .skip(1)
        .map(|text| {
            let (name, rest) = text.split_once(" (").unwrap();
            (name, rest.split_once("\n)").unwrap().0)
        })
        .collect()
}

#[test]
fn every_table_is_spread_or_copied() {
    let keys = keys();
    for table in tables().keys() {
        assert!(keys.contains_key(*table), "{table} is not in deploy/citus.sql");
    }
    for table in keys.keys().filter(|table| *table != "migration") {
        assert!(tables().contains_key(table.as_str()), "{table} of deploy/citus.sql does not exist");
    }
}

#[test]
fn every_primary_key_and_unique_constraint_holds_the_distribution_key() {
    for (table, body) in tables() {
        let key = &keys()[table];
        if key.is_empty() {
            continue;
        }
        let constraints: Vec<&str> = body
            .lines()
            .map(str::trim)
            .filter(|line| line.contains("PRIMARY KEY") || line.contains("UNIQUE"))
            .collect();
        assert!(constraints.iter().any(|line| line.contains("PRIMARY KEY")), "{table} has no primary key");
        for line in constraints {
            let has = match line.split_once('(') {
                Some((_, columns)) => columns.split([',', ')']).any(|column| column.trim() == key),
                None => line.starts_with(&format!("{key} ")),
            };
            assert!(has, "{table}: `{line}` lacks {key}");
        }
    }
    for index in SCHEMA.lines().filter(|line| line.starts_with("CREATE UNIQUE INDEX")) {
        let (_, on) = index.split_once(" ON ").unwrap();
        let (table, columns) = on.split_once(" (").unwrap();
        assert!(columns.contains(keys()[table].as_str()), "{index}");
    }
}

#[test]
fn every_statement_on_a_table_of_a_cell_names_the_cell() {
    let keys = keys();
    let mut seen = 0;
    for (file, text) in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        for statement in statements(&text) {
            for table in keys.iter().filter(|(_, key)| *key == "cell").map(|(table, _)| table) {
                if ["FROM ", "JOIN ", "UPDATE ", "INTO "].iter().any(|before| {
                    statement.match_indices(&format!("{before}{table}")).any(|(at, found)| {
                        let next = statement[at + found.len()..].chars().next();
                        next.is_none_or(|c| !c.is_alphanumeric() && c != '_')
                    })
                }) {
                    seen += 1;
                    assert!(
                        statement.contains("{cell}")
                            || statement.contains("{{cell}}")
                            || statement.contains(".cell = "),
                        "{file}: {statement}"
                    );
                }
            }
        }
    }
    assert!(seen > 60, "only {seen} statements were found: the walk is broken");
}

fn sources(dir: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

/// String literals that begin with a word of SQL.
fn statements(text: &str) -> Vec<String> {
    let product = text.split("#[cfg(test)]").next().unwrap();
    product
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::trim_start)
        .filter(|literal| {
            ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "]
                .iter()
                .any(|word| literal.starts_with(word))
        })
        .map(ToOwned::to_owned)
        .collect()
}
