//! Text messages as the backend's file provider writes them.

use std::fs;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

/// The one-time code that was sent to a telephone, once its message is in the folder.
///
/// # Errors
/// When a message cannot be read from the disk.
pub fn one_time_code(folder: &Path, telephone: &str) -> Result<Option<String>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    for file in fs::read_dir(folder)? {
        let Ok(message) = serde_json::from_slice::<Value>(&fs::read(file?.path())?) else { continue };
        let of = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
        if of("id").starts_with("code/") && of("to") == telephone {
            let word = of("text").split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
            return Ok(word.map(str::to_owned));
        }
    }
    Ok(None)
}
