//! The import table: which room may depend on which, read from the manifests.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::{Fault, File, Rule};

/// Every room, its package, and the packages of ours it may depend on. `tests` may use all.
const TABLE: [(&str, &str, &[&str]); 14] = [
    ("backend/domain", "pickup-domain", &[]),
    ("backend/protocol", "pickup-protocol", &["pickup-domain"]),
    ("backend/customs", "pickup-customs", &["pickup-domain"]),
    ("backend/customs-sim", "pickup-customs-sim", &["pickup-customs", "pickup-domain"]),
    ("backend/payment-sim", "pickup-payment-sim", &[]),
    ("backend/server", "pickup-server", &["pickup-domain", "pickup-protocol", "pickup-customs"]),
    ("kiosk/session", "pickup-session", &["pickup-domain", "pickup-protocol"]),
    ("kiosk/devices", "pickup-devices", &[]),
    ("kiosk/agent", "pickup-kiosk", &["pickup-session", "pickup-devices", "pickup-protocol", "pickup-ui"]),
    ("ui", "pickup-ui", &[]),
    ("hw-mock", "pickup-hw-mock", &[]),
    ("tests", "pickup-tests", ALL),
    ("xtask", "xtask", &[]),
    // A workspace of its own; tests of `backend/customs` and `kiosk/devices` include its targets.
    ("fuzz", "pickup-customs-fuzz", &["pickup-customs", "pickup-devices"]),
];

const ALL: &[&str] = &[
    "pickup-domain",
    "pickup-protocol",
    "pickup-customs",
    "pickup-customs-sim",
    "pickup-payment-sim",
    "pickup-server",
    "pickup-session",
    "pickup-devices",
    "pickup-kiosk",
    "pickup-ui",
    "pickup-hw-mock",
];

/// Rooms that must not even be able to wait, read or write.
const PURE: [&str; 2] = ["backend/domain", "kiosk/session"];
const IMPURE_PREFIXES: [&str; 6] = ["tokio", "async", "futures", "hyper", "axum", "serial"];
const IMPURE_CRATES: [&str; 11] = [
    "reqwest",
    "rusqlite",
    "mio",
    "smol",
    "socket2",
    "nix",
    "libc",
    "rustix",
    "ureq",
    "getrandom",
    "fastrand",
];
/// The only rooms that may link the screen toolkit, because of its licence.
const SCREEN_ROOMS: [&str; 2] = ["ui", "kiosk/agent"];

/// Checks every manifest of the workspace.
pub fn check(files: &[File]) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| is_member(&file.path)) {
        let manifest: Table =
            file.text.parse().with_context(|| format!("{} is not a manifest", file.path))?;
        let room = file.path.trim_end_matches("/Cargo.toml");
        let texts = match TABLE.iter().find(|(known, ..)| *known == room) {
            Some((_, package, allowed)) => check_room(room, package, allowed, &manifest),
            None => vec![format!("the folder {room} is no room of the house: prefer an existing one")],
        };
        faults.extend(texts.into_iter().map(|text| Fault {
            path: file.path.clone(),
            line: 0,
            rule: Rule::Imports,
            item: String::new(),
            text,
        }));
    }
    Ok(faults)
}

fn is_member(path: &str) -> bool {
    path.ends_with("/Cargo.toml")
}

const SHIPPED: &[&str] = &["dependencies", "build-dependencies"];

fn check_room(room: &str, package: &str, allowed: &[&str], manifest: &Table) -> Vec<String> {
    let mut texts = Vec::new();
    let name = manifest.get("package").and_then(|table| table.get("name")).and_then(Value::as_str);
    if name != Some(package) {
        texts.push(format!("the package of {room} is called {package}, not {}", name.unwrap_or("nothing")));
    }
    for (dependency, local) in dependencies(manifest, &[SHIPPED, &["dev-dependencies"]].concat()) {
        // The tests of a room may ask for more of the room itself than is shipped.
        let ours = (local || ALL.contains(&dependency.as_str())) && dependency != package;
        if ours && !allowed.contains(&dependency.as_str()) {
            texts.push(format!("{room} may not depend on {dependency}: see the import table"));
        }
    }
    // A test of a pure room may play dice; what is shipped may not.
    for (dependency, _) in dependencies(manifest, SHIPPED) {
        if PURE.contains(&room) && is_impure(&dependency) {
            texts.push(format!("{room} is pure and may not depend on {dependency}"));
        }
        if dependency.starts_with("slint") && !SCREEN_ROOMS.contains(&room) {
            texts.push(format!("{room} stays free of {dependency}, so that its licence stays permissive"));
        }
    }
    texts
}

/// Dependencies of every kind and target by package name, and whether each is given by a path.
/// The dependencies of a manifest in tables of these kinds, and whether each is a path of ours.
fn dependencies(manifest: &Table, kinds: &[&str]) -> BTreeMap<String, bool> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables = std::iter::once(manifest)
        .chain(targets.into_iter().flat_map(|targets| targets.values()).filter_map(Value::as_table));
    let mut found = BTreeMap::new();
    for table in tables {
        for kind in kinds {
            for (key, value) in table.get(*kind).and_then(Value::as_table).into_iter().flatten() {
                let renamed = value.get("package").and_then(Value::as_str);
                found.insert(renamed.unwrap_or(key).to_owned(), value.get("path").is_some());
            }
        }
    }
    found
}

fn is_impure(dependency: &str) -> bool {
    IMPURE_CRATES.contains(&dependency) || IMPURE_PREFIXES.iter().any(|prefix| dependency.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        check(&[file]).unwrap().into_iter().map(|fault| fault.text).collect()
    }

    #[test]
    fn an_allowed_import_passes() {
        let text = "[package]\nname = 'pickup-session'\n[dependencies]\npickup-domain.workspace = true\n";
        assert_eq!(faults("kiosk/session/Cargo.toml", text), Vec::<String>::new());
    }

    #[test]
    fn an_import_outside_the_table_is_named() {
        let text =
            "[package]\nname = 'pickup-hw-mock'\n[dev-dependencies]\npickup-devices.workspace = true\n";
        assert!(faults("hw-mock/Cargo.toml", text)[0].contains("pickup-devices"));
    }

    #[test]
    fn a_renamed_import_is_still_found() {
        let text = "[package]\nname = 'pickup-ui'\n[dependencies]\nd = { package = 'pickup-domain', path = '../backend/domain' }\n";
        assert!(faults("ui/Cargo.toml", text)[0].contains("pickup-domain"));
    }

    #[test]
    fn a_pure_room_may_not_wait() {
        let text = "[package]\nname = 'pickup-domain'\n[target.'cfg(unix)'.dependencies]\ntokio = '1'\n";
        assert!(faults("backend/domain/Cargo.toml", text)[0].contains("pure"));
    }

    #[test]
    fn the_screen_toolkit_stays_in_its_rooms() {
        let text = "[package]\nname = 'pickup-devices'\n[dependencies]\nslint = '1'\n";
        assert!(faults("kiosk/devices/Cargo.toml", text)[0].contains("licence"));
    }

    #[test]
    fn a_new_room_is_questioned() {
        assert!(faults("helpers/Cargo.toml", "[package]\nname = 'helpers'\n")[0].contains("no room"));
    }
}
