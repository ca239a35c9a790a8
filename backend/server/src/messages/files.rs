//! Text messages as files: one JSON file each, in a folder that only its owner may read.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Carrier, CarrierError, Message};
use crate::secrets::write_private;

/// Writes messages into a folder.
#[derive(Clone, Debug)]
pub struct Files(PathBuf);

impl Files {
    /// Into this folder, which is made when the first message comes.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    fn write(&self, message: &Message) -> Result<(), CarrierError> {
        // An id names its file: only what is safe in a name stays.
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let name: String = message.id.chars().map(safe).collect();
        let path = self.0.join(format!("{name}.json"));
        let failed = |why: String| CarrierError::File { path: path.clone(), why };
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .map_err(|e| failed(e.to_string()))?;
        let text = serde_json::to_string_pretty(message).map_err(|e| failed(e.to_string()))?;
        write_private(&path, &text).map_err(|e| failed(e.to_string()))
    }
}

impl Carrier for Files {
    fn take<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), CarrierError>> {
        let (files, message) = (self.clone(), message.clone());
        async move {
            let written = tokio::task::spawn_blocking(move || files.write(&message)).await;
            written.unwrap_or_else(|e| Err(CarrierError::Unreachable(e.to_string())))
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_message_is_a_file_whose_name_cannot_leave_the_folder() {
        let dir = std::env::temp_dir().join(format!("bp-messages-{}", uuid::Uuid::new_v4()));
        let message = Message {
            id: "../7/released".to_owned(),
            to: "19900000001".to_owned(),
            lang: "zh".to_owned(),
            text: "您好".to_owned(),
        };
        Files::new(dir.clone()).take(&message).await.unwrap();
        let text = std::fs::read_to_string(dir.join("..-7-released.json")).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), message);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
